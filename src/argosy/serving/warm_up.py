"""Asks a version before anybody else does: memory is touched, and its latency is known when the first request comes."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

from argosy.errors import ImportedModelFailed, InputInvalid
from argosy.models.adapter import FieldKind
from argosy.models.inputs import TEXT_BYTES, is_lone_text
from argosy.serving.servable import Servable
from argosy.types import Input

TEXTS = (
    "Good morning",
    "The quick brown fox jumps over the lazy dog near the old stone bridge at noon",
    "What is this?",
)
ROUNDS = 4


_NUMBERS = (1.0, 0.0, -2.5, 40.0, 1000.0)


def sample_inputs(reads: Mapping[str, FieldKind]) -> list[Input]:
    """A few texts, or dictionaries of the fields that a model reads, with different numbers."""
    if is_lone_text(reads):
        return list(TEXTS)
    return [
        {
            name: _NUMBERS[(row + place) % len(_NUMBERS)] if kind == "number" else text
            for place, (name, kind) in enumerate(reads.items())
        }
        for row, text in enumerate(TEXTS)
    ]


def warm(servable: Servable) -> None:
    """Score a few texts, or dictionaries of the fields that the model reads. One that refuses them does not fail."""
    predictor = servable.predictor
    if predictor is None:
        return
    try:
        for _ in range(ROUNDS):
            for text, item in zip(TEXTS, sample_inputs(predictor.reads), strict=True):
                started = perf_counter()
                predictor.score([item], TEXT_BYTES)
                servable.latency.learn(1, len(text), perf_counter() - started)
    except (InputInvalid, ImportedModelFailed):
        return
