"""What the gate decides, from live rows and from the test part. Pure.

Live rows decide that a challenger is better: they are what the model is asked. The test part only vetoes, where it
shows a significant loss; old rows never have to prove equality. Without enough live rows, all that measures decides
together, the test part being most of it.

Reviews come in, and challengers with them: each comparison on live rows is another chance to be wrong. The k-th with
one champion spends 1 / (k (k + 1)) of the risk, which adds up to all of it, so that however many challengers come, a
champion that is no worse is replaced at most (1 - confidence) / 2 of the time (Bonferroni, with the risk spent
unevenly as in alpha spending: Lan and DeMets 1983, "Discrete sequential boundaries for clinical trials").
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from argosy.evaluation.gate import Answered, Correct, Policy, Verdict, gains_of, judge
from argosy.plurals import plural
from argosy.statistics.weighted_pairs import Weights

POWER = 0.8
MOST_REVIEWS = 100_000
"""More than that nobody reviews: the difference is too small to be shown."""


@dataclass(frozen=True)
class PairedAnswers:
    """Both sides on the same rows: whether, or how far, each was right, and how many rows each stands for."""

    champion: Answered
    challenger: Answered
    weights: Weights

    def __len__(self) -> int:
        return len(self.weights)

    def among(self, mask: Correct) -> PairedAnswers:
        """Those rows alone."""
        return PairedAnswers(self.champion[mask], self.challenger[mask], self.weights[mask])

    def and_then(self, other: PairedAnswers) -> PairedAnswers:
        """These rows and those."""
        return PairedAnswers(
            np.concatenate([self.champion, other.champion]),
            np.concatenate([self.challenger, other.challenger]),
            np.concatenate([self.weights, other.weights]),
        )


def confidence_of(number: int, confidence: float) -> float:
    """The confidence that the `number`-th interim test of a champion must reach, counted from 1."""
    return 1 - (1 - confidence) / (number * (number + 1))


def judge_challenger(live: PairedAnswers, test: PairedAnswers, tests: int, policy: Policy) -> Verdict:
    """The verdict; `tests` is how many interim tests on live rows this champion has been through."""
    if len(live) < max(policy.minimum_rows, 1):
        return _judged(test.and_then(live), policy, policy.confidence)
    number = tests + 1
    verdict = replace(_judged(live, policy, confidence_of(number, policy.confidence), "live rows"), interim_test=number)
    if not verdict.promote:
        more = more_reviews(live, confidence_of(number + 1, policy.confidence))
        return replace(verdict, more_reviews=more, reason=f"{verdict.reason}; {_advice(more)}")
    veto = judge(test.champion, test.challenger, policy.confidence, 1, policy.resamples)
    if _is_a_loss(veto):
        return replace(verdict, promote=False, reason=f"worse on the test part: {_figures(veto)} ({verdict.reason})")
    return verdict


def more_reviews(live: PairedAnswers, confidence: float) -> int | None:
    """How many more rows like these would show their difference four times in five; None where it is none or tiny.

    By the normal approximation: a difference of z standard errors on n rows is one of z √(m / n) on m.
    """
    outcomes = gains_of(live.champion, live.challenger)
    lead, spread = float(outcomes @ live.weights), float(np.linalg.norm(outcomes * live.weights))
    if lead <= 0:
        return None
    needed = NormalDist().inv_cdf((1 + confidence) / 2) + NormalDist().inv_cdf(POWER)
    rows = math.ceil(len(live) * (needed * spread / lead) ** 2)
    more = max(rows - len(live), 1)
    return more if more <= MOST_REVIEWS else None


def _judged(rows: PairedAnswers, policy: Policy, confidence: float, noun: str = "rows") -> Verdict:
    return judge(
        rows.champion,
        rows.challenger,
        confidence,
        policy.minimum_rows,
        policy.resamples,
        weights=rows.weights,
        noun=noun,
    )


def _is_a_loss(verdict: Verdict) -> bool:
    return verdict.high is not None and verdict.high < 0 and (verdict.p_value or 0.0) < 1 - verdict.confidence


def _figures(verdict: Verdict) -> str:
    return verdict.reason.partition(": ")[2]


def _advice(more: int | None) -> str:
    if more is None:
        return "more reviews of the same kind would hardly change that"
    return f"about {plural(more, 'more review')} would probably decide"
