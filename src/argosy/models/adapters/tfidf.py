"""Term frequency times inverse document frequency, rows of unit length.

The numbers are those of scikit-learn's TfidfVectorizer with the same settings (smoothed idf, l2); where `max_features`
cuts through a tie, the first in the order of strings stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import sqrt
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid
from argosy.models.adapter import NOTHING, Indices, SparseAdapter
from argosy.models.counting import GramCounts, count_grams
from argosy.models.grams import EDITION, Analyzer, AnalyzerName, Lengths, check_lengths
from argosy.models.inputs import text_of, texts_of
from argosy.models.known_grams import Finder, distinct, distinct_all, finder
from argosy.models.rows import unit_rows, with_columns
from argosy.models.vocabulary import Vocabulary
from argosy.types import Input, Options

Positive = Annotated[int, msgspec.Meta(ge=1)]


class TfIdf(SparseAdapter):
    """`ngrams` is the shortest and the longest; `min_count` the fewest texts that an n-gram must be in."""

    newest_edition: ClassVar[int] = EDITION
    vocabulary_: Vocabulary
    idf_: NDArray[np.float64]

    def __init__(
        self,
        analyzer: AnalyzerName = "word",
        ngrams: Lengths = (1, 1),
        min_count: Positive = 1,
        max_features: Positive | None = None,
        sublinear: bool = False,
        lowercase: bool = True,
        field: str = "",
    ) -> None:
        check_lengths(ngrams)
        self.analyzer, self.ngrams, self.field = analyzer, ngrams, field
        self.min_count, self.max_features = min_count, max_features
        self.sublinear, self.lowercase = sublinear, lowercase

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:  # noqa: ARG003
        return True

    @property
    def width(self) -> int:
        return len(self.idf_)

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        self.fit_transform(inputs, labels)
        return self

    def fit_transform(self, inputs: Sequence[Input], labels: Sequence[str]) -> Any:  # noqa: ARG002
        counts = self._count(inputs)
        frequency = np.bincount(counts.matrix.indices, minlength=counts.matrix.shape[1])
        kept = self._select(counts.matrix, frequency)
        if not len(kept):
            raise DatasetInvalid(f"no text of the training part has an n-gram that {self!r} would keep")
        self.__dict__.pop("_find", None)
        self.vocabulary_ = Vocabulary(counts.names(kept))
        self.idf_ = np.log((1 + len(inputs)) / (1 + frequency[kept])) + 1
        if len(kept) == len(frequency):
            return self._weigh(counts.matrix)
        columns = np.full(len(frequency), -1, np.int64)
        columns[kept] = np.arange(len(kept))
        return self._weigh(with_columns(counts.matrix, columns, len(kept)))

    def transform(self, inputs: Sequence[Input]) -> Any:
        counts = self._count(inputs)
        return self._weigh(with_columns(counts.matrix, self.vocabulary_.numbers(counts.grams), self.width))

    def encode(self, item: Input) -> tuple[Indices, NDArray[np.float64]]:
        text = item if type(item) is str else text_of(item, self.field)
        found = self._find(text)
        if not len(found):
            return NOTHING
        indices, counts = distinct(found)
        values = self.idf_[indices]
        if counts is not None:
            values *= np.log(counts) + 1 if self.sublinear else counts
        values /= sqrt(values.dot(values))
        return indices, values

    def encode_all(self, inputs: Sequence[Input]) -> Any:
        from scipy.sparse import csr_matrix

        indices, counts, ends = distinct_all(map(self._find, texts_of(inputs, self.field)))
        values = self.idf_.take(indices)
        if counts is not None:
            values *= np.log(counts) + 1 if self.sublinear else counts
        rows = csr_matrix((values, indices, ends), shape=(len(inputs), self.width))
        return unit_rows(rows)

    @cached_property
    def _analyzer(self) -> Analyzer:
        return Analyzer(self.analyzer, *self.ngrams, self.lowercase, self.edition)

    @cached_property
    def _find(self) -> Finder:
        return finder(self.vocabulary_, self._analyzer)

    def _count(self, inputs: Sequence[Input]) -> GramCounts:
        return count_grams(texts_of(inputs, self.field), self._analyzer)

    def _select(self, matrix: Any, frequency: NDArray[np.int64]) -> NDArray[np.int64]:
        """The columns to keep, in order."""
        kept = np.flatnonzero(frequency >= self.min_count)
        if self.max_features is None or len(kept) <= self.max_features:
            return kept
        total = np.bincount(matrix.indices, matrix.data, matrix.shape[1])[kept]
        return np.sort(kept[np.argsort(-total, kind="stable")[: self.max_features]])

    def _weigh(self, counts: Any) -> Any:
        """Counts to unit rows, in place."""
        if self.sublinear:
            np.log(counts.data, out=counts.data)
            counts.data += 1
        counts.data *= self.idf_[counts.indices]
        return unit_rows(counts)
