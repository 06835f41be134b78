"""Asks a version before anybody else does: memory is touched, and its pace is known when the first request comes."""

from __future__ import annotations

from time import perf_counter

from argosy.errors import InputInvalid
from argosy.serving.servable import Servable

TEXTS = (
    "Good morning",
    "The quick brown fox jumps over the lazy dog near the old stone bridge at noon",
    "What is this?",
)
ROUNDS = 4


def warm(servable: Servable) -> None:
    """Score a few texts. A model of dictionaries refuses them, which is no failure."""
    predictor = servable.predictor
    if predictor is None:
        return
    try:
        for _ in range(ROUNDS):
            for text in TEXTS:
                started = perf_counter()
                predictor.score([text], 4 * len(text))
                servable.pace.learn(1, len(text), perf_counter() - started)
    except InputInvalid:
        return
