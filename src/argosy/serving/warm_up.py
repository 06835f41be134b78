"""Asks a version before anybody else does: memory is touched, and its latency is known when the first request comes."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from argosy.errors import ImportedModelFailed, InputInvalid
from argosy.models.adapter import FieldKind
from argosy.models.inputs import is_lone_text
from argosy.serving.servable import Servable

TEXTS = (
    "Good morning",
    "The quick brown fox jumps over the lazy dog near the old stone bridge at noon",
    "What is this?",
)
ROUNDS = 4


def warm(servable: Servable) -> None:
    """Score a few texts, or dictionaries of the fields that the model reads. One that refuses them does not fail."""
    predictor = servable.predictor
    if predictor is None:
        return
    try:
        for _ in range(ROUNDS):
            for text in TEXTS:
                item = text if is_lone_text(predictor.reads) else _fields(predictor.reads, text)
                started = perf_counter()
                predictor.score([item], 4 * len(text))
                servable.latency.learn(1, len(text), perf_counter() - started)
    except (InputInvalid, ImportedModelFailed):
        return


def _fields(reads: Mapping[str, FieldKind], text: str) -> dict[str, Any]:
    return {name: 1.0 if kind == "number" else text for name, kind in reads.items()}
