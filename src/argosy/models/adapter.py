"""The port of adapters: from raw inputs to what an estimator understands.

Guarantees that an adapter gives, and that `argosy.testing.adapters` checks:

- `fit` learns from the training part only, and is deterministic: the same inputs and options give the same bits.
- `transform` returns one row an input, in their order, `float64`, csr or dense; it depends on each input alone,
  changes nothing, and needs no package that only training needs.
- `to_dict` and `from_dict` round-trip exactly (they come with `Component`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from argosy.errors import InputInvalid
from argosy.models.compiled.composed import Composed
from argosy.models.compiled.direct import Direct
from argosy.models.component import Component
from argosy.models.given import checked_fit
from argosy.models.inputs import NO_LIMIT, check_input
from argosy.models.served import Scorer, Served, largest_difference
from argosy.plugin_hooks import AdapterHooks
from argosy.types import FieldKind, Input, Options

__all__ = ["NOTHING", "Adapter", "ComposedAdapter", "FieldKind", "Indices", "SparseAdapter"]

Indices = NDArray[np.intp]
NOTHING: tuple[Indices, NDArray[np.float64]] = (np.zeros(0, np.intp), np.zeros(0))
"""The row of an input in which nothing is known."""


class Adapter(Component, AdapterHooks):
    """Turns inputs into rows of features."""

    field: str = ""
    """The text field of a dictionary that it looks at, of one that has such an option; '' is `text`."""

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        """The fields of a dictionary that it looks at; a lone text may come as it is, outside of a dictionary."""
        return {self.field or "text": "text"}

    @classmethod
    def text_fields(cls, options: Options) -> tuple[str, ...]:
        return (options["field"] or "text",) if "field" in options else ()

    @property
    def waits(self) -> bool:
        """Whether it waits for another process, so that it is never asked where nothing may wait."""
        return False

    @property
    def is_ready(self) -> bool:
        """Whether it could answer at once: not while a process that it waits for is started again."""
        return True

    @abstractmethod
    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        """Learn from the training part; an adapter with nothing to learn returns itself."""

    @abstractmethod
    def transform(self, inputs: Sequence[Input]) -> Any:
        """(n, features): a csr matrix or a dense array, float64."""

    def fit_transform(self, inputs: Sequence[Input], labels: Sequence[str]) -> Any:
        """`fit(…).transform(…)`, for an adapter that can do both in one pass."""
        checked_fit(self, self.fit(inputs, labels))
        return self.transform(inputs)

    def served_form(self, estimator: Scorer, classes: list[str]) -> Served:
        """What answers fastest for an estimator behind it that has no form of its own."""
        return Direct(self, estimator, classes)

    def encoding_difference(self, inputs: Sequence[Input], features: Any) -> float:  # noqa: ARG002
        """How far what serves is from `features`, the rows that `transform` gave for these inputs."""
        return 0.0


class ComposedAdapter(Adapter):
    """An adapter whose features are the answers of whole models inside of it.

    Its `fit_transform` gives what an estimator may learn from: the answers to each row of models that were kept from
    it, and not what `transform` says of rows that the models have learned.
    """

    @abstractmethod
    def answers(self, inputs: Sequence[Input]) -> Any:
        """What `transform` gives, from the models' served forms."""

    def served_form(self, estimator: Scorer, classes: list[str]) -> Served:
        return Composed(self, estimator, classes)

    def encoding_difference(self, inputs: Sequence[Input], features: Any) -> float:
        asked = [place for place, item in enumerate(inputs) if _is_answerable(item)]
        return largest_difference(self.answers([inputs[place] for place in asked]), features[asked])


class SparseAdapter(Adapter):
    """An adapter whose row is a handful of features: it can be served without building a matrix."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many features there are."""

    @abstractmethod
    def encode(self, item: Input) -> tuple[Indices, NDArray[np.float64]]:
        """The row of one input: distinct feature numbers and their values."""

    def encode_all(self, inputs: Sequence[Input]) -> Any:
        """The rows of a csr matrix as `encode` gives them; the features of a row may be in any order."""
        from scipy.sparse import csr_matrix

        rows = [self.encode(item) for item in inputs]
        indptr = np.cumsum([0, *(len(indices) for indices, _ in rows)], dtype=np.int32)
        indices = np.concatenate([NOTHING[0], *(indices for indices, _ in rows)]).astype(np.int32)
        values = np.concatenate([NOTHING[1], *(values for _, values in rows)])
        return csr_matrix((values, indices, indptr), shape=(len(rows), self.width))

    def transform(self, inputs: Sequence[Input]) -> Any:
        return self._ordered(inputs)

    def encoding_difference(self, inputs: Sequence[Input], features: Any) -> float:
        return float(abs(self._ordered(inputs) - features).max())

    def _ordered(self, inputs: Sequence[Input]) -> Any:
        matrix = self.encode_all(inputs)
        matrix.sort_indices()
        return matrix


def _is_answerable(item: Input) -> bool:
    try:
        check_input(item, NO_LIMIT)
    except InputInvalid:
        return False
    return True
