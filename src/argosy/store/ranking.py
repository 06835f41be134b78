"""The order of the leaderboard: ranked on validation, reported on test, each dataset by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from argosy.store.trained import LeaderboardRow, Trained, Version
from argosy.types import Part

LOWER_IS_BETTER: Final = frozenset({"log_loss"})


def rank(
    trained: Iterable[Trained], versions: Mapping[str, Sequence[Version]], metric: str = "accuracy"
) -> list[LeaderboardRow]:
    """Best first by the metric on the validation part; then the cheaper to fit, then the label.

    Figures on different rows do not compare: each dataset is ranked by itself, the one trained on last first. Tied
    with the first are those whose value lies within the first's interval. Definitions without the metric come last,
    untied.
    """
    by_dataset: dict[str, list[Trained]] = {}
    for one in sorted(trained, key=lambda one: -one.trained_at):
        by_dataset.setdefault(one.dataset_digest, []).append(one)
    return [row for group in by_dataset.values() for row in _rank_alike(group, versions, metric)]


def _rank_alike(
    trained: Sequence[Trained], versions: Mapping[str, Sequence[Version]], metric: str
) -> list[LeaderboardRow]:
    sign = 1.0 if metric in LOWER_IS_BETTER else -1.0

    def key(one: Trained) -> tuple[float, float, str]:
        value = _figure(one, metric, "value")
        return (float("inf") if value is None else sign * value, one.fit_seconds, one.label)

    ordered = sorted(trained, key=key)
    worst_of_best = _figure(ordered[0], metric, "high" if sign > 0 else "low")

    def is_tied(one: Trained) -> bool:
        value = _figure(one, metric, "value")
        return value is not None and worst_of_best is not None and sign * value <= sign * worst_of_best

    has_tie = len(ordered) > 1 and is_tied(ordered[1])
    return [
        LeaderboardRow(place, has_tie and is_tied(one), one, tuple(versions.get(one.label, ())))
        for place, one in enumerate(ordered, 1)
    ]


def _figure(trained: Trained, metric: str, name: str) -> float | None:
    return trained.metrics.get(Part.VALIDATION, {}).get(metric, {}).get(name)
