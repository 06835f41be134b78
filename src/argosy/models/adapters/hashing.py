"""N-grams hashed into a fixed number of buckets, rows of unit length: nothing is learned, so nothing is kept.

The hash is CRC-32 of the n-gram's UTF-8, the same on every machine. `signed` lets colliding n-grams cancel rather than
add up (Weinberger et al. 2009), at the price of negative features.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import sqrt
from typing import Annotated, Any, ClassVar, Self
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.models.adapter import Indices, SparseAdapter
from argosy.models.counting import count_grams
from argosy.models.grams import EDITION, Analyzer, AnalyzerName, Lengths, check_lengths
from argosy.models.inputs import text_of, texts_of
from argosy.models.rows import merge_columns, unit_rows
from argosy.types import Input, Options

_SIGN_BIT = 31


class Hashing(SparseAdapter):
    """`buckets` features of `ngrams` (the shortest and the longest)."""

    newest_edition: ClassVar[int] = EDITION

    def __init__(
        self,
        buckets: Annotated[int, msgspec.Meta(ge=2, le=1 << 30)] = 1 << 18,
        analyzer: AnalyzerName = "word",
        ngrams: Lengths = (1, 1),
        signed: bool = False,
        lowercase: bool = True,
        field: str = "",
    ) -> None:
        check_lengths(ngrams)
        self.buckets, self.analyzer, self.ngrams, self.signed = buckets, analyzer, ngrams, signed
        self.lowercase, self.field = lowercase, field

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:
        return not options.get("signed", False)

    @property
    def width(self) -> int:
        return self.buckets

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        return self

    def transform(self, inputs: Sequence[Input]) -> Any:
        counts = count_grams(texts_of(inputs, self.field), self._analyzer)
        columns, signs = self._hash(counts.grams)
        return unit_rows(merge_columns(counts.matrix, columns, signs, self.buckets))

    def encode(self, item: Input) -> tuple[Indices, NDArray[np.float64]]:
        grams = self._analyzer.grams(text_of(item, self.field))
        totals: dict[int, int] = {}
        for gram in grams:
            code = crc32(gram.encode("utf-8", "surrogatepass"))
            column = code % self.buckets
            totals[column] = totals.get(column, 0) + (-1 if self.signed and code >> _SIGN_BIT else 1)
        values = np.array(list(totals.values()), np.float64)
        values /= sqrt(values.dot(values)) or 1.0
        return np.array(list(totals), np.intp), values

    @cached_property
    def _analyzer(self) -> Analyzer:
        return Analyzer(self.analyzer, *self.ngrams, self.lowercase, self.edition)

    def _hash(self, grams: list[str]) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        """(bucket, sign or None) of each n-gram."""
        codes = np.array([crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams], np.int64)
        return codes % self.buckets, np.where(codes >> _SIGN_BIT, -1.0, 1.0) if self.signed else None
