"""Dictionaries of fields as one row: numbers scaled, categories one-hot, texts through tf-idf, side by side.

Which field is what is said by the options, or found from the training part where they say nothing. Missing values
(absent, null, blank, NaN) are expected: a number's place takes the training part's mean, a text adds nothing, and with
`missing: mark` a column says so. A number too large to compute with is refused, wherever it is. A category that
training did not meet has no column: all of its field's are zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, InputInvalid
from argosy.models.adapter import FieldKind, Indices, SparseAdapter
from argosy.models.adapters.tfidf import TfIdf
from argosy.models.fields import category_of, fields_of, infer, number_of, written_of
from argosy.models.grams import EDITION, Lengths, check_lengths
from argosy.models.vocabulary import Vocabulary
from argosy.types import Input, Options

Positive = Annotated[int, msgspec.Meta(ge=1)]
Names = tuple[str, ...]
_NOWHERE = -1


class _Number(NamedTuple):
    """Where a number goes: `(value - offset) / scale` into `column`, and whether it is missing into `mark`."""

    name: str
    column: int
    mark: int
    offset: float
    scale: float
    fill: float


class Numeric(SparseAdapter):
    """`numbers`, `categories` and `texts` name fields; all empty: every field is taken for what it looks like."""

    newest_edition: ClassVar[int] = EDITION
    numbers_: list[str]
    statistics_: NDArray[np.float64]
    """(numbers, 3): what is taken from each, what it is divided by, and its mean, which stands for a missing one."""
    marked_: list[str]
    """The numbers that were missing somewhere in the training part, where missing ones are marked."""
    categories_: dict[str, list[str | None]]
    """The values of each category that have a column; None is that of missing ones."""
    vocabularies_: dict[str, Vocabulary]
    idfs_: dict[str, NDArray[np.float64]]

    def __init__(
        self,
        numbers: Names = (),
        categories: Names = (),
        texts: Names = (),
        scaling: Literal["standard", "range", "none"] = "standard",
        missing: Literal["mark", "mean"] = "mark",
        max_categories: Positive = 100,
        ngrams: Lengths = (1, 1),
        min_count: Positive = 1,
        max_features: Positive | None = None,
    ) -> None:
        check_lengths(ngrams)
        twice = {name for name in (*numbers, *categories, *texts) if (*numbers, *categories, *texts).count(name) > 1}
        if twice:
            raise ValueError(f"the field '{min(twice)}' is named twice: it is a number, a category or a text")
        self.numbers, self.categories, self.texts = numbers, categories, texts
        self.scaling, self.missing, self.max_categories = scaling, missing, max_categories
        self.ngrams, self.min_count, self.max_features = ngrams, min_count, max_features

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:
        return bool(options.get("scaling") == "range")

    @classmethod
    def unused(cls, options: Options) -> dict[str, str]:
        named = [kind for kind in ("numbers", "categories", "texts") if options.get(kind)]
        if not named or "texts" in named:
            return {}
        return dict.fromkeys(("ngrams", "min_count", "max_features"), "no field is a text")

    @classmethod
    def named_fields(cls, options: Options) -> dict[str, FieldKind]:
        kinds: dict[str, FieldKind] = {"numbers": "number", "categories": "category", "texts": "text"}
        return {name: kind for option, kind in kinds.items() for name in options.get(option, ())}

    @property
    def reads(self) -> dict[str, FieldKind]:
        return {
            **dict.fromkeys(self.numbers_, "number"),
            **dict.fromkeys(self.categories_, "category"),
            **dict.fromkeys(self.idfs_, "text"),
        }

    @property
    def width(self) -> int:
        return self._texts_at + sum(map(len, self.idfs_.values()))

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        self.fit_transform(inputs, labels)
        return self

    def fit_transform(self, inputs: Sequence[Input], labels: Sequence[str]) -> Any:
        rows = [item if isinstance(item, Mapping) else self._lone_field(item) for item in inputs]
        kinds = self._kinds(rows)
        self._forget_plans()
        try:
            self._learn_numbers(rows, [name for name, kind in kinds.items() if kind == "number"])
            self._learn_categories(rows, [name for name, kind in kinds.items() if kind == "category"])
            adapters = {name: self._tfidf(name) for name, kind in kinds.items() if kind == "text"}
            blocks = [
                adapter.fit_transform([written_of(row.get(name), name) for row in rows], labels)
                for name, adapter in adapters.items()
            ]
        except InputInvalid as problem:
            raise DatasetInvalid(f"the training part: {problem}") from None
        self.vocabularies_ = {name: adapter.vocabulary_ for name, adapter in adapters.items()}
        self.idfs_ = {name: adapter.idf_ for name, adapter in adapters.items()}
        return self._stacked(rows, blocks)

    def transform(self, inputs: Sequence[Input]) -> Any:
        rows = [fields_of(item, self.reads) for item in inputs]
        return self._stacked(
            rows,
            [
                adapter.transform([written_of(row.get(name), name) for row in rows])
                for name, adapter, _ in self.text_plan
            ],
        )

    def encode(self, item: Input) -> tuple[Indices, NDArray[np.float64]]:
        row = fields_of(item, self.reads)
        columns: list[int] = []
        values: list[float] = []
        for number in self.number_plan:
            value = number_of(row.get(number.name), number.name)
            columns += (number.column,)
            values += (number.fill if value != value else self._clip((value - number.offset) / number.scale),)
            if value != value and number.mark != _NOWHERE:
                columns += (number.mark,)
                values += (1.0,)
        for name, places in self.category_plan.items():
            column = places.get(category_of(row.get(name), name))
            if column is not None:
                columns += (column,)
                values += (1.0,)
        parts = [(np.array(columns, np.intp), np.array(values, np.float64))]
        for name, adapter, first in self.text_plan:
            indices, weights = adapter.encode(written_of(row.get(name), name))
            parts.append((np.asarray(indices) + first, weights))
        return np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts])

    def _kinds(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, FieldKind]:
        declared: dict[str, FieldKind] = dict.fromkeys(self.numbers, "number")
        declared.update(dict.fromkeys(self.categories, "category"))
        declared.update(dict.fromkeys(self.texts, "text"))
        kinds = declared or infer(rows, self.max_categories)
        absent = [name for name in kinds if not any(name in row for row in rows)]
        if absent:
            there = ", ".join(sorted({str(name) for row in rows[:1000] for name in row})) or "none"
            raise DatasetInvalid(f"no example has the field '{absent[0]}'; there are: {there}")
        if not kinds:
            raise DatasetInvalid("the examples have no field to learn from: name some in the options of numeric")
        return kinds

    def _learn_numbers(self, rows: Sequence[Mapping[str, Any]], names: list[str]) -> None:
        statistics, marked = [], []
        for name in names:
            values = np.array([number_of(row.get(name), name) for row in rows], np.float64)
            is_known = ~np.isnan(values)
            known = values[is_known]
            mean = float(known.mean()) if len(known) else 0.0
            statistics.append((*_offset_and_scale(known, mean, self.scaling), mean))
            if self.missing == "mark" and not is_known.all():
                marked.append(name)
        self.numbers_, self.marked_ = names, marked
        self.statistics_ = np.array(statistics, np.float64).reshape(len(names), 3)

    def _learn_categories(self, rows: Sequence[Mapping[str, Any]], names: list[str]) -> None:
        self.categories_ = {}
        for name in names:
            counts: dict[str | None, int] = {}
            for row in rows:
                value = category_of(row.get(name), name)
                counts[value] = counts.get(value, 0) + 1
            missing = counts.pop(None, 0)
            ordered = sorted(counts, key=lambda value: (-counts[value], str(value)))[: self.max_categories]
            kept: list[str | None] = sorted(ordered, key=str)
            self.categories_[name] = [None, *kept] if missing and self.missing == "mark" else kept

    def _stacked(self, rows: Sequence[Mapping[str, Any]], texts: list[Any]) -> Any:
        """The blocks of all kinds in one csr matrix."""
        from scipy.sparse import hstack

        blocks = [self._number_block(rows), self._category_block(rows), *texts]
        matrix = hstack(blocks, format="csr", dtype=np.float64)
        matrix.sort_indices()
        return matrix

    def _number_block(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        from scipy.sparse import csr_matrix

        block = np.zeros((len(rows), len(self.numbers_) + len(self.marked_)))
        for number in self.number_plan:
            values = np.array([number_of(row.get(number.name), number.name) for row in rows], np.float64)
            is_missing = np.isnan(values)
            scaled = (values - number.offset) / number.scale
            scaled = np.clip(scaled, 0.0, 1.0) if self.scaling == "range" else scaled
            block[:, number.column] = np.where(is_missing, number.fill, scaled)
            if number.mark != _NOWHERE:
                block[:, number.mark] = is_missing
        return csr_matrix(block)

    def _category_block(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        from scipy.sparse import csr_matrix

        first = len(self.numbers_) + len(self.marked_)
        columns = np.full((len(rows), len(self.category_plan)), _NOWHERE, np.int64)
        for place, (name, places) in enumerate(self.category_plan.items()):
            columns[:, place] = [places.get(category_of(row.get(name), name), _NOWHERE) for row in rows]
        row_of, _ = np.nonzero(columns != _NOWHERE)
        found = columns[columns != _NOWHERE] - first
        shape = (len(rows), self._texts_at - first)
        return csr_matrix((np.ones(len(found)), (row_of, found)), shape=shape)

    def _clip(self, value: float) -> float:
        return min(max(value, 0.0), 1.0) if self.scaling == "range" else value

    def _lone_field(self, item: Input) -> Mapping[str, Any]:
        """A training text as the field that it would be asked for under."""
        names = (*self.numbers, *self.categories, *self.texts)
        return {names[0] if len(names) == 1 else "text": item}

    def _tfidf(self, name: str) -> TfIdf:
        made = TfIdf("word", self.ngrams, self.min_count, self.max_features, field=name)
        made.edition = self.edition
        return made

    @cached_property
    def _texts_at(self) -> int:
        return len(self.numbers_) + len(self.marked_) + sum(map(len, self.categories_.values()))

    @cached_property
    def number_plan(self) -> list[_Number]:
        marks = {name: len(self.numbers_) + place for place, name in enumerate(self.marked_)}
        plan = []
        for column, (name, row) in enumerate(zip(self.numbers_, self.statistics_.tolist(), strict=True)):
            offset, scale, mean = row
            plan.append(_Number(name, column, marks.get(name, _NOWHERE), offset, scale, (mean - offset) / scale))
        return plan

    @cached_property
    def category_plan(self) -> dict[str, dict[str | None, int]]:
        at, plan = len(self.numbers_) + len(self.marked_), {}
        for name, values in self.categories_.items():
            places = [(category_of(value, name), at + place) for place, value in enumerate(values)]
            plan[name] = dict(reversed(places))  # two that older models distinguish may be one by now: the first counts
            at += len(values)
        return plan

    @cached_property
    def text_plan(self) -> list[tuple[str, TfIdf, int]]:
        """Each text field, what encodes it, and its first column."""
        at, plan = self._texts_at, []
        for name, idf in self.idfs_.items():
            adapter = self._tfidf(name)
            adapter.vocabulary_, adapter.idf_ = self.vocabularies_[name], idf
            plan.append((name, adapter, at))
            at += len(idf)
        return plan

    def _forget_plans(self) -> None:
        for plan in ("_texts_at", "number_plan", "category_plan", "text_plan"):
            self.__dict__.pop(plan, None)


def _offset_and_scale(known: NDArray[np.float64], mean: float, scaling: str) -> tuple[float, float]:
    """What to take from a number and what to divide it by; a constant is divided by one."""
    if scaling == "none" or not len(known):
        return 0.0, 1.0
    if scaling == "range":
        low, high = float(known.min()), float(known.max())
        return low, high - low or 1.0
    return mean, float(known.std()) or 1.0
