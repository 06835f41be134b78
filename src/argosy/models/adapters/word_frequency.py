"""How often each of the most frequent words is among a text's first words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid
from argosy.models.adapter import Indices, SparseAdapter
from argosy.models.counting import GramCounts, count_rows
from argosy.models.grams import EDITION, Analyzer
from argosy.models.inputs import text_of, texts_of
from argosy.models.rows import with_columns
from argosy.models.vocabulary import Vocabulary
from argosy.types import Input, Options

Positive = Annotated[int, msgspec.Meta(ge=1)]


class WordFrequency(SparseAdapter):
    """Counts of `vocabulary_size` words among a text's first `sequence_length`; of equally frequent words the first
    in the order of strings stay."""

    newest_edition: ClassVar[int] = EDITION
    vocabulary_: Vocabulary

    def __init__(self, sequence_length: Positive = 200, vocabulary_size: Positive = 10_000, field: str = "") -> None:
        self.sequence_length, self.vocabulary_size, self.field = sequence_length, vocabulary_size, field

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:  # noqa: ARG003
        return True

    @property
    def width(self) -> int:
        return len(self.vocabulary_)

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        self.fit_transform(inputs, labels)
        return self

    def fit_transform(self, inputs: Sequence[Input], labels: Sequence[str]) -> Any:  # noqa: ARG002
        counts = self._count(inputs)
        total = np.bincount(counts.matrix.indices, counts.matrix.data, counts.matrix.shape[1])
        if not len(total):
            raise DatasetInvalid("no text of the training part has a word of two characters or more")
        kept = np.sort(np.argsort(-total, kind="stable")[: self.vocabulary_size])
        self.vocabulary_ = Vocabulary(counts.names(kept))
        columns = np.full(len(total), -1, np.int64)
        columns[kept] = np.arange(len(kept))
        return with_columns(counts.matrix, columns, len(kept))

    def transform(self, inputs: Sequence[Input]) -> Any:
        counts = self._count(inputs)
        return with_columns(counts.matrix, self.vocabulary_.numbers(counts.grams), self.width)

    def encode(self, item: Input) -> tuple[Indices, NDArray[np.float64]]:
        known = map(self.vocabulary_.find, self._words(text_of(item, self.field)))
        counts = Counter(index for index in known if index is not None)
        return np.array(list(counts), np.intp), np.array(list(counts.values()), np.float64)

    @cached_property
    def _analyzer(self) -> Analyzer:
        return Analyzer(edition=self.edition)

    def _words(self, text: str) -> list[str]:
        return self._analyzer.words(text)[: self.sequence_length]

    def _count(self, inputs: Sequence[Input]) -> GramCounts:
        return count_rows([self._words(text) for text in texts_of(inputs, self.field)])
