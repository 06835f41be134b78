"""The gate: may the challenger take the champion's place?

A pure, paired test on rows that both sides answer by fits that have not seen them. Two things must hold, and both are
stated in the verdict:

- the lower end of the bootstrap interval for the difference in accuracy is above zero (the interval says how much is
  gained), and
- an exact test rejects "no difference" at the same confidence: McNemar's where rows weigh the same (Q. McNemar 1947,
  "Note on the sampling error of the difference between correlated proportions"), sign flips where they do not, see
  `statistics.weighted_pairs`. The bootstrap is too bold where few rows disagree; the exact test is not, so a challenger
  that is no better is promoted at most (1 - confidence) / 2 of the time whatever the number of rows.

Of numbers, absolute errors take the place of right and wrong: the interval is for how much smaller the mean error is,
the exact test is that of `statistics.paired_errors`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from argosy.plurals import plural
from argosy.statistics.paired_errors import gain_interval, gain_p, mean_gain
from argosy.statistics.paired_tests import mcnemar
from argosy.statistics.weighted_pairs import (
    Weights,
    are_equal,
    difference_interval,
    mean_difference,
    sign_flip_p,
)

Correct = NDArray[np.bool_]
Answered = NDArray[Any]
"""Of each row whether a model was right, bool; of numbers how far it was from the truth, float64."""
Evidence = Literal["uniform", "all"]


@dataclass(frozen=True)
class Policy:
    """How sure the gate must be.

    `evidence` says which corrections may measure: those that came without regard to the answer, or all. Corrections of
    answers that somebody noticed to be wrong would count against the champion alone. `cooldown_seconds` is how long
    after a rollback nothing is promoted. `folds` are how many fits answer the live rows that a challenger learns from,
    where these take `fold_seconds` at most. `largest_share` is how much of all evidence may come from one token, one
    source or one subject.
    """

    confidence: float = 0.95
    minimum_rows: int = 30
    cooldown_seconds: float = 3600.0
    folds: int = 5
    fold_seconds: float = 900.0
    largest_share: float = 0.5
    evidence: Evidence = "uniform"
    resamples: int = 10_000


@dataclass(frozen=True)
class Verdict:
    """What the gate found; `difference` is challenger minus champion in accuracy, `low` and `high` its interval.

    Of numbers the `metric` is `mae`, and the difference is by how much the challenger's is smaller.
    """

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
    """On how many rows the champion alone is right; of numbers, nearer to the truth."""
    only_challenger_right: int = 0
    interim_test: int = 0
    """Which comparison with this champion on live rows it is, from 1; 0: there were too few of them."""
    more_reviews: int | None = None
    """How many more would probably show this difference, were it the true one; None where they would not."""
    held: bool = False
    """A person is to decide: the evidence looks suspicious."""
    metric: str = "accuracy"
    champion_error: float | None = None
    """Of numbers, the mean absolute error."""
    challenger_error: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Verdict:
        """Older results call the interim test a look."""
        return cls(**{"interim_test" if name == "look" else name: value for name, value in values.items()})


def judge(
    champion: Answered,
    challenger: Answered,
    confidence: float = 0.95,
    minimum_rows: int = 30,
    resamples: int = 10_000,
    seed: int = 0,
    weights: Weights | None = None,
    noun: str = "rows",
) -> Verdict:
    """Compare two models on the same rows: each array says of every row whether, or how far, that model was right.

    `weights` is how many rows each stands for; None: all the same. `noun` is what the verdict calls the rows. Raises
    ValueError where the arrays differ in length or the confidence is not between 0 and 1.
    """
    if champion.shape != challenger.shape or champion.ndim != 1 or champion.dtype != challenger.dtype:
        raise ValueError(f"not the same rows: {champion.shape} and {challenger.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"the confidence must lie between 0 and 1, not {confidence}")
    rows = len(champion)
    if rows < max(minimum_rows, 1):
        return Verdict(False, _too_few(rows, minimum_rows), rows, confidence)
    standing = np.ones(rows) if weights is None else weights
    if not are_right_or_wrong(champion):
        return _judge_errors(champion, challenger, standing, confidence, resamples, seed, noun)
    outcomes = challenger.astype(np.int8) - champion.astype(np.int8)
    lost, won = int(np.count_nonzero(outcomes < 0)), int(np.count_nonzero(outcomes > 0))
    low, high = difference_interval(outcomes, standing, confidence, resamples, seed)
    p_value = mcnemar(lost, won) if are_equal(standing) else sign_flip_p(outcomes, standing, seed)
    promote = low > 0 and p_value < 1 - confidence
    difference = mean_difference(outcomes, standing)
    return Verdict(
        promote=promote,
        reason=_reason(promote, difference, low, high, p_value, confidence, f"{rows} {noun}"),
        rows=rows,
        confidence=confidence,
        champion_accuracy=float(np.average(champion, weights=standing)),
        challenger_accuracy=float(np.average(challenger, weights=standing)),
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        only_champion_right=lost,
        only_challenger_right=won,
    )


def _judge_errors(
    champion: Answered,
    challenger: Answered,
    weights: Weights,
    confidence: float,
    resamples: int,
    seed: int,
    noun: str,
) -> Verdict:
    gains = gains_of(champion, challenger)
    low, high = gain_interval(gains, weights, confidence, resamples, seed)
    p_value, difference = gain_p(gains, weights, seed), mean_gain(gains, weights)
    errors = [float(np.average(side, weights=weights)) for side in (champion, challenger)]
    promote = low > 0 and p_value < 1 - confidence
    found = (
        f"a mean absolute error of {errors[1]:.4g} in place of {errors[0]:.4g} on {len(gains)} {noun}, "
        f"smaller by {difference:.3g}, {confidence * 100:.4g}% interval {low:.3g} to {high:.3g}, p = {p_value:.2g}"
    )
    return Verdict(
        promote=promote,
        reason=_judged(promote, difference, found),
        rows=len(gains),
        confidence=confidence,
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        only_champion_right=int(np.count_nonzero(gains < 0)),
        only_challenger_right=int(np.count_nonzero(gains > 0)),
        metric="mae",
        champion_error=errors[0],
        challenger_error=errors[1],
    )


def are_right_or_wrong(answered: Answered) -> bool:
    """Whether rows are right or wrong, and not errors of numbers."""
    return answered.dtype == np.bool_


def gains_of(champion: Answered, challenger: Answered) -> NDArray[np.float64]:
    """(rows,): above zero where the challenger is the better one."""
    if are_right_or_wrong(champion):
        return challenger.astype(np.float64) - champion.astype(np.float64)
    return np.asarray(champion - challenger)


def refusal_verdict(reason: str, policy: Policy, rows: int = 0) -> Verdict:
    """A verdict without a comparison."""
    return Verdict(False, reason, rows, policy.confidence)


def _too_few(rows: int, minimum_rows: int) -> str:
    there = f"unproven on {plural(rows, 'row')} unseen by both sides"
    return f"{there}: too few to judge by, at least {max(minimum_rows, 1)} are needed"


def _reason(
    promote: bool, difference: float, low: float, high: float, p_value: float, confidence: float, rows: str
) -> str:
    found = (
        f"{difference * 100:+.1f} points of accuracy on {rows}, "
        f"{confidence * 100:.4g}% interval {low * 100:+.1f} to {high * 100:+.1f}, p = {p_value:.2g}"
    )
    return _judged(promote, difference, found)


def _judged(promote: bool, difference: float, found: str) -> str:
    if promote:
        return f"better: {found}"
    if difference <= 0:
        return f"not better: {found}"
    return f"not shown to be better: {found}"
