"""A model that was trained elsewhere, translated into a formula: it answers in this process, without the file.

Its features are what the model answers, in the order of the sorted classes, for the model `as_imported` to pass on.
Only `argosy models import` makes one: there is no definition to train.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from argosy.errors import DefinitionInvalid, ImportedModelFailed, ImportedModelRefused
from argosy.models.adapter import Adapter, FieldKind
from argosy.models.adapters.imported import NOT_TRAINED, in_order_of_classes
from argosy.models.fields import fields_of
from argosy.models.formulas.formula import Formula
from argosy.models.runtime import TranslatedFormat
from argosy.types import Input


class Translated(Adapter):
    """`fields` are what it reads, in the formula's order; `classes` are in the order of the formula's outputs.

    `sha256` is that of the file, which is not kept.
    """

    has_amounts: ClassVar[bool] = False
    formula_: dict[str, Any]

    def __init__(
        self,
        format: TranslatedFormat = "pmml",  # noqa: A002  # the word that users write
        sha256: str = "",
        classes: tuple[str, ...] = (),
        fields: dict[str, FieldKind] | None = None,
    ) -> None:
        self.format, self.sha256, self.classes, self.fields = format, sha256, classes, fields

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        return self.fields or {}

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        raise DefinitionInvalid(NOT_TRAINED)

    def transform(self, inputs: Sequence[Input]) -> Any:
        if not len(inputs):
            return np.zeros((0, len(self.classes)))
        given = [fields_of(item, self.reads) for item in inputs]
        found = self._formula.answers([[one.get(name) for name in self.reads] for one in given])
        if found.shape != (len(inputs), len(self.classes)):
            columns = f"{found.shape[-1]} columns for {len(self.classes)} classes"
            raise ImportedModelFailed(f"the translated model gave {columns}")
        is_known = np.isfinite(found).all(axis=1)
        if not is_known.all():
            count = f" for {(~is_known).sum():,} of {len(inputs):,} inputs" if len(inputs) > 1 else ""
            raise ImportedModelRefused(f"the translated model gave no answer{count}: look for missing fields")
        return in_order_of_classes(found, self.classes)

    @cached_property
    def _formula(self) -> Formula:
        """Raises ArtifactCorrupt."""
        return Formula(self.formula_)
