"""A text as the vector that a network trained on a billion pairs of sentences gives it: all-MiniLM-L6-v2.

What training learns here is which weights there were: an artifact names them by package, version and digest instead of
holding them, and answers with no others. Texts are encoded each by itself, so that no vector depends on the lengths of
its neighbours; that costs nothing, since nothing is padded. `threads` encode that many at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Self

import msgspec
import numpy as np

from argosy.errors import WeightsDiffer
from argosy.models.adapter import Adapter
from argosy.models.extras import missing_installs
from argosy.models.inputs import texts_of
from argosy.models.sentence_encoder import NEEDS, Backend, SentenceEncoder
from argosy.models.sentence_encoders import encoder_of
from argosy.types import Input, Options


class SentenceEmbedding(Adapter):
    """`length` is how many word pieces of a text count; MiniLM itself was trained on 128."""

    weights_: dict[str, str]

    def __init__(
        self,
        backend: Backend = "onnx",
        length: Annotated[int, msgspec.Meta(ge=3, le=512)] = 128,
        threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1,
        field: str = "",
    ) -> None:
        self.backend, self.length, self.threads, self.field = backend, length, threads, field

    @classmethod
    def lacks(cls, options: Options) -> str:
        return missing_installs("the adapter sentence_embedding", NEEDS[options.get("backend", "onnx")])

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        self.weights_ = dict(encoder_of(self.backend).weights)
        return self

    def transform(self, inputs: Sequence[Input]) -> Any:
        encoder = self._encoder()
        texts = texts_of(inputs, self.field)
        distinct = list(dict.fromkeys(texts))
        if self.threads == 1 or len(distinct) < 2:
            found = [encoder.encode(text, self.length) for text in distinct]
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                found = list(pool.map(lambda text: encoder.encode(text, self.length), distinct))
        vectors = dict(zip(distinct, found, strict=True))
        return np.array([vectors[text] for text in texts], np.float64).reshape(len(texts), encoder.dimensions)

    def _encoder(self) -> SentenceEncoder:
        """The installed encoder, if it is the one that training used."""
        wanted = self.weights_
        encoder = encoder_of(self.backend)
        if encoder.weights != wanted:
            raise WeightsDiffer(wanted, encoder.weights)
        return encoder
