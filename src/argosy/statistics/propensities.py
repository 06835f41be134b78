"""What each of several actions leads to, from rows whose action was chosen by chance with a known probability. Pure.

The mean reward of an action is that of the rows that got it, each weighted by the inverse of the probability that it
had of getting it (Horvitz and Thompson 1952), divided by the sum of the weights (Hájek 1971): it is then independent of
who got the action, and stays within the rewards. Intervals are the percentile bootstrap's over rows (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argosy.statistics.intervals import Interval, percentile_interval, resampled_sums

CONFIDENCE = 0.95
RESAMPLES = 2_000


def action_rates(
    actions: Sequence[str], rewards: Sequence[float], propensities: Sequence[float], names: Sequence[str]
) -> list[Interval | None]:
    """The mean reward that each named action would have had for all rows; None where no row got it."""
    return [_rate(*_weighted(actions, rewards, propensities, name)) for name in names]


def uplift_between(
    actions: Sequence[str], rewards: Sequence[float], propensities: Sequence[float], one: str, other: str
) -> Interval | None:
    """By how much the mean reward is larger with the one action; None where one of them is in no row."""
    first, second = (_weighted(actions, rewards, propensities, name) for name in (one, other))
    if not first[1].any() or not second[1].any():
        return None
    columns = np.stack([*first, *second], axis=1)
    sums = resampled_sums(columns, 0, RESAMPLES)
    drawn = sums[(sums[:, 1] > 0) & (sums[:, 3] > 0)]
    value = first[0].sum() / first[1].sum() - second[0].sum() / second[1].sum()
    return percentile_interval(value, drawn[:, 0] / drawn[:, 1] - drawn[:, 2] / drawn[:, 3], CONFIDENCE)


def _weighted(
    actions: Sequence[str], rewards: Sequence[float], propensities: Sequence[float], name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Of each row its weighted reward and its weight, both 0 of one with another action."""
    weights = np.where(np.array(actions) == name, 1.0 / np.array(propensities, np.float64), 0.0)
    return weights * np.array(rewards, np.float64), weights


def _rate(rewards: np.ndarray, weights: np.ndarray) -> Interval | None:
    if not weights.any():
        return None
    sums = resampled_sums(np.stack([rewards, weights], axis=1), 0, RESAMPLES)
    drawn = sums[sums[:, 1] > 0]
    return percentile_interval(rewards.sum() / weights.sum(), drawn[:, 0] / drawn[:, 1], CONFIDENCE)
