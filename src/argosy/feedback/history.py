"""What became of a model's aliases: how they moved, and which challengers the gate refused."""

from __future__ import annotations

from argosy.backends import Backends
from argosy.feedback.requests import Judgement, Retrainings
from argosy.store.aliases import CHAMPION
from argosy.store.trained import Move


def history(backends: Backends, model: str, alias: str = "") -> list[Move]:
    """Of one alias or of all, the newest first; a refusal is a move that did not happen."""
    moves = backends.store.history(model, alias)
    if alias in ("", CHAMPION):
        moves = [*moves, *map(_refusal, Retrainings.of(backends).refusals(model))]
    return sorted(moves, key=lambda move: -move.moved_at)


def _refusal(judgement: Judgement) -> Move:
    verdict = judgement.verdict
    numbers = judgement.champion, judgement.challenger
    return Move(
        judgement.model, CHAMPION, *numbers, judgement.judged_at, "gate", "refuse", verdict.reason, verdict.to_dict()
    )
