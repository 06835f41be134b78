"""The mean of the vectors of a text's first words; the vectors are trained on the training part (Mikolov et al. 2013).

Training is gensim's, on one thread from one seed, so that it gives the same bits in every process. Using the vectors
needs no gensim.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, ExtraMissing
from argosy.models.adapter import Adapter
from argosy.models.extras import extra, missing_installs
from argosy.models.grams import EDITION, Analyzer
from argosy.models.inputs import texts_of
from argosy.models.vocabulary import Vocabulary
from argosy.types import Input, Options

Positive = Annotated[int, msgspec.Meta(ge=1)]


class Word2Vec(Adapter):
    """`min_count` is the fewest times that a word must occur to have a vector; a text without any gets zeros."""

    newest_edition: ClassVar[int] = EDITION
    vocabulary_: Vocabulary
    vectors_: NDArray[np.float32]

    def __init__(
        self,
        sequence_length: Positive = 200,
        dimensions: Positive = 100,
        epochs: Positive = 10,
        window: Positive = 5,
        min_count: Positive = 2,
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)] = 0,
        field: str = "",
    ) -> None:
        self.sequence_length, self.dimensions, self.epochs = sequence_length, dimensions, epochs
        self.window, self.min_count, self.seed, self.field = window, min_count, seed, field

    @classmethod
    def lacks(cls, options: Options) -> str:  # noqa: ARG003
        return missing_installs("the adapter word2vec", {"gensim": extra("word2vec")})

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        try:
            from gensim.models import Word2Vec as Trainer
        except ImportError:
            raise ExtraMissing("gensim", "word2vec", "the adapter word2vec") from None
        rows = self._rows(inputs)
        try:
            trained = Trainer(
                rows,
                vector_size=self.dimensions,
                window=self.window,
                min_count=self.min_count,
                epochs=self.epochs,
                seed=self.seed,
                workers=1,
            )
        except RuntimeError:
            problem = (
                f"no word of the training part occurs {self.min_count} times, so word2vec has nothing to learn from"
            )
            raise DatasetInvalid(problem) from None
        self.vocabulary_ = Vocabulary(trained.wv.index_to_key)
        self.vectors_ = np.ascontiguousarray(trained.wv.vectors, np.float32)
        return self

    def transform(self, inputs: Sequence[Input]) -> Any:
        find, vectors = self.vocabulary_.find, self.vectors_
        means = np.zeros((len(inputs), vectors.shape[1]))
        for place, row in enumerate(self._rows(inputs)):
            known = [number for number in map(find, row) if number is not None]
            if known:
                np.add.reduce(vectors.take(known, axis=0), axis=0, dtype=np.float64, out=means[place])
                means[place] /= len(known)
        return means

    def _rows(self, inputs: Sequence[Input]) -> list[list[str]]:
        analyzer = Analyzer(edition=self.edition)
        return [analyzer.words(text)[: self.sequence_length] for text in texts_of(inputs, self.field)]
