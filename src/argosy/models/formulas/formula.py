"""A formula as a whole: the fields that it reads, how they are checked, and the model over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt, InputInvalid
from argosy.models.fields import category_of, number_of
from argosy.models.formulas.rows import Column, ColumnRows, texts
from argosy.models.formulas.scores import model_of

FORMAT: Final = 1
KINDS: Final = ("number", "category")
ACTS: Final = ("refuse", "keep", "missing", "value")
"""On a value that is not allowed."""


class FormulaField:
    """How one field becomes a column. Its definition has `name`, `kind`, `column`, and of these what is not usual:

    - `missing`, what replaces a missing value, or `refuse_missing`; `absent`, values that stand for a missing one;
    - `lower`, for texts in lower case; `low` and `high` with `outliers` (missing or clip);
    - `allowed` values, or `ranges` ([low, high, has_low, has_high]), with `invalid` (an act) and `invalid_value`.
    """

    def __init__(self, stated: Mapping[str, Any]) -> None:
        self.name, self.kind, self.of = (str(stated[key]) for key in ("name", "kind", "column"))
        self._missing, self._refuses = stated.get("missing"), bool(stated.get("refuse_missing"))
        self._invalid, self._invalid_value = stated.get("invalid", "keep"), stated.get("invalid_value")
        self._absent = frozenset(stated.get("absent", ()))
        self._allowed = frozenset(stated["allowed"]) if "allowed" in stated else None
        self._ranges = [(float(a), float(b), bool(c), bool(d)) for a, b, c, d in stated.get("ranges", ())]
        self._limits, self._outliers = (stated.get("low"), stated.get("high")), stated.get("outliers", "")
        self._lower = bool(stated.get("lower"))
        if self.kind not in KINDS or self._invalid not in ACTS or self._outliers not in ("", "missing", "clip"):
            raise ValueError("a field of a kind that is not known")
        self._is_plain = not any((self._ranges, self._absent, self._refuses, self._lower)) and (
            self._allowed is None and self._missing is None and self._limits == (None, None)
        )

    def column(self, values: Sequence[Any]) -> Column:
        """Raises InputInvalid."""
        read = number_of if self.kind == "number" else category_of
        found: list[Any] = [read(value, self.name) for value in values]
        if not self._is_plain:
            found = [self._treated(value) for value in found]
        return texts(found) if self.kind == "category" else np.array(found, np.float64)

    def _treated(self, value: Any) -> Any:
        """One value, None or NaN where it is missing."""
        if self._lower and value is not None:
            value = value.lower()
        if value is None or value != value or value in self._absent:
            return self._without_value()
        if self._limits != (None, None):
            value = self._limited(value)
        if not self._is_allowed(value) and self._invalid != "keep":
            if self._invalid == "refuse":
                raise InputInvalid(f"the field '{self.name}' has a value that the model does not allow")
            value = self._invalid_value if self._invalid == "value" else None
        return self._without_value() if value is None or value != value else value

    def _without_value(self) -> Any:
        if self._refuses:
            raise InputInvalid(f"the field '{self.name}' is missing, and the model does not allow that")
        return self._missing if self._missing is not None else nan if self.kind == "number" else None

    def _limited(self, value: float) -> float:
        """Between the limits, or missing outside."""
        low, high = self._limits
        is_low, is_high = low is not None and value < low, high is not None and value > high
        if not is_low and not is_high:
            return value
        limit: Any = low if is_low else high
        return nan if self._outliers == "missing" else float(limit)

    def _is_allowed(self, value: Any) -> bool:
        if value != value:
            return True
        if self._allowed is not None and value not in self._allowed:
            return False
        return not self._ranges or any(_is_inside(value, *one) for one in self._ranges)


def _is_inside(value: float, low: float, high: float, has_low: bool, has_high: bool) -> bool:
    above = value >= low if has_low else value > low
    return above and (value <= high if has_high else value < high)


class Formula:
    """Answers rows of values, one for each of `fields`, in their order; may be asked from several threads."""

    def __init__(self, stated: Mapping[str, Any]) -> None:
        """Raises ArtifactCorrupt on what is no formula."""
        try:
            if stated["format"] != FORMAT:
                raise ValueError(f"its format is {stated['format']!r}")
            self.outputs = int(stated["outputs"])
            self._fields = [FormulaField(one) for one in stated["fields"]]
            with np.errstate(all="ignore"):
                self._model: Callable[[ColumnRows], NDArray[np.float64]] = model_of(stated["model"])
                self._model(self._rows([[None] * len(self._fields)], is_trial=True))
        except (KeyError, ValueError, IndexError, TypeError, AttributeError, OverflowError) as error:
            raise ArtifactCorrupt(f"a translated model is damaged: {type(error).__name__}: {error}") from None

    def answers(self, rows: Sequence[Sequence[Any]]) -> NDArray[np.float64]:
        """(rows, outputs), NaN where the model has no answer; raises InputInvalid."""
        with np.errstate(all="ignore"):
            return self._model(self._rows(rows))

    def _rows(self, rows: Sequence[Sequence[Any]], *, is_trial: bool = False) -> ColumnRows:
        columns = zip(*rows, strict=True)
        if is_trial:
            empty = {"number": np.full(len(rows), np.nan), "category": texts([None] * len(rows))}
            return ColumnRows(len(rows), {field.of: empty[field.kind] for field in self._fields})
        found = {field.of: field.column(values) for field, values in zip(self._fields, columns, strict=True)}
        return ColumnRows(len(rows), found)
