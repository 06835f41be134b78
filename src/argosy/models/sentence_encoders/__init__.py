"""Sentence encoders, one module a runtime, and the word pieces that they share."""

from __future__ import annotations

from functools import cache

from argosy.models.sentence_encoder import Backend, SentenceEncoder


@cache
def encoder_of(backend: Backend) -> SentenceEncoder:
    """The encoder, loaded once a process; raises ExtraMissing."""
    if backend == "torch":
        from argosy.models.sentence_encoders.pytorch import TorchEncoder

        return TorchEncoder()
    from argosy.models.sentence_encoders.onnx import OnnxEncoder

    return OnnxEncoder()
