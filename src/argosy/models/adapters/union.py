"""Several adapters of one input side by side: what one does not see another may.

Words, pieces of words and a sentence's vector make other mistakes; a linear model before all of them weighs them. Each
part is fitted by itself on the training part, and its columns follow those of the part before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Self

import msgspec
import numpy as np

from argosy.errors import DefinitionInvalid, PluginNotFound
from argosy.models.adapter import Adapter, FieldKind
from argosy.plugin_hooks import NamedPlugin
from argosy.types import Input, Options


class UnionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One adapter by its name."""

    name: str
    options: dict[str, Any] = {}


Parts = Annotated[tuple[dict[str, Any] | str, ...], msgspec.Meta(min_length=2, max_length=8)]

WORDS_AND_PIECES = ("tfidf", {"name": "tfidf", "options": {"analyzer": "char_wb", "ngrams": [2, 5]}})


class Union(Adapter):
    """`of` lists the parts, each `{name, options}` or a bare name."""

    parts_: list[dict[str, Any]]
    """What each part has learned."""

    def __init__(self, of: Parts = WORDS_AND_PIECES) -> None:
        self.of = of
        for number, part in enumerate(self._new(), 1):
            if isinstance(part, Union):
                raise ValueError(f"part {number} is a union too: list its parts here instead")
            if not part.has_amounts:
                raise ValueError(f"part {number} has numbers that are names, which cannot be joined to amounts")

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:
        return all(type(part).is_non_negative(part.options) for part in cls(tuple(options["of"]))._new())

    @classmethod
    def named_plugins(cls, options: Options) -> tuple[NamedPlugin, ...]:
        given = options.get("of", WORDS_AND_PIECES)
        parts = [UnionPart(part) if isinstance(part, str) else msgspec.convert(part, UnionPart) for part in given]
        return tuple(NamedPlugin("adapter", part.name, part.options) for part in parts)

    @classmethod
    def text_fields(cls, options: Options) -> tuple[str, ...]:
        parts = cls(tuple(options["of"]))._new()
        return tuple({field for part in parts for field in type(part).text_fields(part.options)})

    @classmethod
    def named_fields(cls, options: Options) -> dict[str, FieldKind]:
        parts = cls(tuple(options["of"]))._new()
        return {name: kind for part in parts for name, kind in type(part).named_fields(part.options).items()}

    @classmethod
    def lacks(cls, options: Options) -> str:
        return next(filter(None, (type(part).lacks(part.options) for part in cls(tuple(options["of"]))._new())), "")

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        return {name: kind for part in self._fitted() for name, kind in part.reads.items()}

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        self.fit_transform(inputs, labels)
        return self

    def fit_transform(self, inputs: Sequence[Input], labels: Sequence[str]) -> Any:
        parts = self._new()
        blocks = [part.fit_transform(inputs, labels) for part in parts]
        self.__dict__.pop("fitted", None)
        self.parts_ = [part.learned() for part in parts]
        return _stacked(blocks)

    def transform(self, inputs: Sequence[Input]) -> Any:
        return _stacked([part.transform(inputs) for part in self.fitted])

    @cached_property
    def fitted(self) -> list[Adapter]:
        """As they were fitted."""
        return [part.restored(learned) for part, learned in zip(self._new(), self.parts_, strict=True)]

    def _fitted(self) -> list[Adapter]:
        return self.fitted if self.state else self._new()

    def _new(self) -> list[Adapter]:
        """Raises ValueError where a part is none."""
        return [_made(number, part) for number, part in enumerate(self.of, 1)]


def _made(number: int, part: Mapping[str, Any] | str) -> Adapter:
    from argosy.models.adapters import adapters

    try:
        named = UnionPart(part) if isinstance(part, str) else msgspec.convert(part, UnionPart)
        made: Adapter = adapters.get(named.name).create(named.options)
    except (msgspec.ValidationError, DefinitionInvalid, PluginNotFound) as problem:
        raise ValueError(f"part {number}: {problem}") from None
    return made


def _stacked(blocks: list[Any]) -> Any:
    if all(isinstance(block, np.ndarray) for block in blocks):
        return np.hstack(blocks)
    from scipy.sparse import csr_matrix, hstack

    matrix = hstack([csr_matrix(block) for block in blocks], format="csr", dtype=np.float64)
    matrix.sort_indices()
    return matrix
