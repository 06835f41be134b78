"""The gate: may the challenger take the champion's place?

A pure, paired test on rows that neither side trained on. Two things must hold, and both are stated in the verdict:

- the lower end of the bootstrap interval for the difference in accuracy is above zero (the interval says how much is
  gained), and
- McNemar's exact test rejects "no difference" at the same confidence. The bootstrap is too bold where few rows
  disagree; the exact test is not, so a challenger that is no better is promoted at most (1 - confidence) / 2 of the
  time whatever the number of rows.

Paired: both answer the same rows, and only rows where exactly one of them is right tell them apart (Q. McNemar 1947,
"Note on the sampling error of the difference between correlated proportions").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from argosy.models.paired import mcnemar

Correct = NDArray[np.bool_]
Evidence = Literal["uniform", "all"]


@dataclass(frozen=True)
class Policy:
    """How sure the gate must be.

    `evidence` says which corrections may measure: only those of predictions drawn uniformly (and outcomes), or all.
    Corrections of answers that somebody noticed to be wrong would count against the champion alone.
    `cooldown_seconds` is how long after a rollback nothing is promoted.
    """

    confidence: float = 0.95
    minimum_rows: int = 30
    cooldown_seconds: float = 3600.0
    evidence: Evidence = "uniform"
    resamples: int = 10_000


@dataclass(frozen=True)
class Verdict:
    """What the gate found; `difference` is challenger minus champion, `low` and `high` its interval."""

    promote: bool
    reason: str
    rows: int
    confidence: float
    champion_accuracy: float | None = None
    challenger_accuracy: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    only_champion_right: int = 0
    only_challenger_right: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Verdict:
        return cls(**values)


def judge(
    champion_correct: Correct,
    challenger_correct: Correct,
    confidence: float = 0.95,
    minimum_rows: int = 30,
    resamples: int = 10_000,
    seed: int = 0,
) -> Verdict:
    """Compare two models on the same rows: each array says of every row whether that model was right.

    Raises ValueError where the arrays differ in length or the confidence is not between 0 and 1.
    """
    if champion_correct.shape != challenger_correct.shape or champion_correct.ndim != 1:
        raise ValueError(f"not the same rows: {champion_correct.shape} and {challenger_correct.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"the confidence must lie between 0 and 1, not {confidence}")
    rows = len(champion_correct)
    if rows < max(minimum_rows, 1):
        return Verdict(False, _too_few(rows, minimum_rows), rows, confidence)
    lost = int(np.count_nonzero(champion_correct & ~challenger_correct))
    won = int(np.count_nonzero(challenger_correct & ~champion_correct))
    low, high = difference_interval(lost, won, rows, confidence, resamples, seed)
    p_value = mcnemar(lost, won)
    promote = low > 0 and p_value < 1 - confidence
    difference = (won - lost) / rows
    return Verdict(
        promote=promote,
        reason=_reason(promote, difference, low, high, p_value, confidence, rows),
        rows=rows,
        confidence=confidence,
        champion_accuracy=float(np.mean(champion_correct)),
        challenger_accuracy=float(np.mean(challenger_correct)),
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        only_champion_right=lost,
        only_challenger_right=won,
    )


def difference_interval(
    lost: int, won: int, rows: int, confidence: float, resamples: int, seed: int
) -> tuple[float, float]:
    """The paired bootstrap's percentile interval for (won - lost) / rows.

    Resampling rows with replacement and counting won and lost ones is one draw from a multinomial, so the cost does
    not grow with the rows.
    """
    shares = np.array([lost, won, rows - lost - won]) / rows
    draws = np.random.default_rng(seed).multinomial(rows, shares, size=resamples)
    tail = (1 - confidence) / 2
    low, high = np.quantile((draws[:, 1] - draws[:, 0]) / rows, [tail, 1 - tail])
    return float(low), float(high)


def refused(reason: str, policy: Policy, rows: int = 0) -> Verdict:
    """A verdict without a comparison."""
    return Verdict(False, reason, rows, policy.confidence)


def _too_few(rows: int, minimum_rows: int) -> str:
    return (
        f"{rows} rows that neither side trained on are too few to judge by: at least {max(minimum_rows, 1)} are needed"
    )


def _reason(
    promote: bool, difference: float, low: float, high: float, p_value: float, confidence: float, rows: int
) -> str:
    found = (
        f"{difference * 100:+.1f} points of accuracy on {rows} rows, "
        f"{confidence:.0%} interval {low * 100:+.1f} to {high * 100:+.1f}, p = {p_value:.2g}"
    )
    if promote:
        return f"better: {found}"
    if difference <= 0:
        return f"not better: {found}"
    return f"not shown to be better: {found}"
