"""The order of the leaderboard: ranked on validation, reported on test, each dataset by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from argosy.definitions.metrics import HEADLINES, LOWER_IS_BETTER, OF_NUMBERS
from argosy.models.rows_right import unpack_counts, unpack_errors, unpack_right
from argosy.statistics.paired_tests import Round, difference_p, mean_error_p, micro_f1_p, significant
from argosy.store.trained import LeaderboardRow, Trained, Version, learned_nothing
from argosy.types import Part


def rank(
    trained: Iterable[Trained], versions: Mapping[str, Sequence[Version]], metric: str | None = None
) -> list[LeaderboardRow]:
    """Best first by the metric on validation; then by macro-F1, then the smaller, then the label: never by a clock.

    Without a metric, by accuracy; where texts have several labels, by micro-F1; of numbers, by mean absolute error.

    Figures on different rows do not compare: each dataset, with each way to `evaluate` on it and each share of its
    training part, is ranked by itself, the one trained on last first, all of it before shares; so are models of
    numbers. Tied with the first are those that paired tests on the same rows do not distinguish from it; where there is
    no such test (a metric without one, results from before rows were kept), those whose value lies within the first's
    interval. The cheapest of the first and the tied is proposed, of those that learned something, and from all of the
    training part.
    Definitions without the metric come last.
    """
    groups: dict[tuple[str, bytes, float, str], list[Trained]] = {}
    for one in sorted(trained, key=lambda one: (-share(one), -one.trained_at)):
        groups.setdefault(_rows_of(one), []).append(one)
    return [row for group in groups.values() for row in _rank_alike(group, versions, metric)]


def headline(trained: Trained) -> str:
    """The figure that results are ranked by: accuracy, micro-F1 where texts have several labels, or MAE of numbers."""
    there = {name for figures in trained.metrics.values() for name in figures}
    return next((one for one in (HEADLINES["numbers"], HEADLINES["lists"]) if one in there), HEADLINES["single"])


def is_of_numbers(trained: Trained) -> bool:
    """Whether its answers are numbers."""
    return headline(trained) in OF_NUMBERS


def share(trained: Trained) -> float:
    """Of the dataset's training part, that it learned from."""
    return float(trained.definition.get("share") or 1.0)


def are_comparable(one: Trained, other: Trained) -> bool:
    """Whether their figures are of the same rows, found in the same way."""
    return _rows_of(one) == _rows_of(other)


def cost(trained: Trained) -> float:
    """What decides between equals: seconds to fit, bytes and microseconds to answer, multiplied.

    So half the size, half the training and half the wait count alike, and no weights have to be argued about.
    """
    return max(trained.fit_seconds, 1e-3) * max(trained.size_bytes, 1) * max(trained.predict_us, 1.0)


def _rank_alike(
    trained: Sequence[Trained], versions: Mapping[str, Sequence[Version]], metric: str | None
) -> list[LeaderboardRow]:
    metric = metric or headline(trained[0])
    sign = 1.0 if metric in LOWER_IS_BETTER else -1.0

    def key(one: Trained) -> tuple[float, float, int, str]:
        value = _figure(one, metric, "value")
        first = float("inf") if value is None else sign * value
        return (first, -(_figure(one, "macro_f1", "value") or 0.0), one.size_bytes, one.label)

    ordered = sorted(trained, key=key)
    first, others = ordered[0], ordered[1:]
    p_values = {one.label: paired_p(first, one, metric) for one in others}

    worse = significant({name: p_value for name, p_value in p_values.items() if p_value is not None})

    def is_tied(one: Trained) -> bool:
        return _is_within(first, one, metric, sign) if p_values[one.label] is None else one.label not in worse

    tied = {one.label for one in others if is_tied(one)}
    candidates = [one for one in ordered if (one is first or one.label in tied) and not learned_nothing(one)]
    may_be_proposed = _figure(first, metric, "value") is not None and share(first) == 1.0
    proposed = min(candidates, key=cost).label if candidates and may_be_proposed else None
    return [
        LeaderboardRow(
            place,
            bool(tied) and (one is first or one.label in tied),
            one,
            tuple(versions.get(one.label, ())),
            one.label == proposed,
            p_values.get(one.label),
            metric,
        )
        for place, one in enumerate(ordered, 1)
    ]


def paired_p(first: Trained, other: Trained, metric: str) -> float | None:
    """How likely chance alone makes two results on the same rows differ that much; None where no test applies."""
    if first.rows_right is None or other.rows_right is None:
        return None
    if is_of_numbers(first) != is_of_numbers(other):
        return None
    if metric in OF_NUMBERS and is_of_numbers(first):
        power = 1 if metric == "mae" else 2
        errors = [[round_**power for round_ in unpack_errors(one.rows_right or b"")] for one in (first, other)]
        return mean_error_p(errors[0], errors[1], _overlap(first))
    if metric == "micro_f1":
        return micro_f1_p(unpack_counts(first.rows_right), unpack_counts(other.rows_right), _overlap(first))
    if metric != "accuracy":
        return None
    return difference_p(_rounds(first.rows_right), _rounds(other.rows_right), _overlap(first))


@lru_cache(maxsize=2)
def _rounds(packed: bytes) -> tuple[Round, ...]:
    return tuple(unpack_right(packed))


def _overlap(trained: Trained) -> float | None:
    """Of repeated splits, the rows a round validates on for each that it learns from."""
    evaluation: Mapping[str, Any] = trained.definition.get("evaluate") or {}
    if "repeats" not in evaluation:
        return None
    return float(evaluation["validation_ratio"] / (1 - evaluation["validation_ratio"]))


def _rows_of(trained: Trained) -> tuple[str, bytes, float, str]:
    """What figures that compare have in common."""
    return trained.dataset_digest, _evaluation(trained), share(trained), headline(trained)


def _evaluation(trained: Trained) -> bytes:
    return msgspec.json.encode(trained.definition.get("evaluate"), order="sorted")


def _is_within(first: Trained, one: Trained, metric: str, sign: float) -> bool:
    worst_of_best = _figure(first, metric, "high" if sign > 0 else "low")
    value = _figure(one, metric, "value")
    return value is not None and worst_of_best is not None and sign * value <= sign * worst_of_best


def _figure(trained: Trained, metric: str, name: str) -> float | None:
    return trained.metrics.get(Part.VALIDATION, {}).get(metric, {}).get(name)
