"""Whether a champion answers worse than the version before it: more often not at all, or more slowly. Pure.

Errors are compared by Fisher's exact test of two shares, in one direction. Latency is the time that a row takes: if
nine in ten calls of the version before took at most t, significantly more than one in ten of the champion's must have
taken longer than `latency` × t, by the exact binomial test.

A champion is tested again each time that it has answered twice as many requests, and each test may be wrong with half
the chance of the one before it, so that all of them together keep within `confidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log2

import numpy as np

from argosy.definitions.project import RollbackSettings

PER_OCTAVE = 4
FASTEST_SECONDS = 1e-6
BUCKETS = 28 * PER_OCTAVE
"""Up to four minutes a row, in steps of a fifth."""
USUAL = 0.9


@dataclass(frozen=True)
class AnswerTally:
    """Requests answered, requests that the model failed on, and calls of it by the time that a row took (`bucket`)."""

    answered: int = 0
    failed: int = 0
    calls: tuple[int, ...] = (0,) * BUCKETS

    def __add__(self, other: AnswerTally) -> AnswerTally:
        calls = tuple(one + another for one, another in zip(self.calls, other.calls, strict=True))
        return AnswerTally(self.answered + other.answered, self.failed + other.failed, calls)

    def since(self, earlier: AnswerTally) -> AnswerTally:
        calls = tuple(now - then for now, then in zip(self.calls, earlier.calls, strict=True))
        return AnswerTally(self.answered - earlier.answered, self.failed - earlier.failed, calls)

    @property
    def requests(self) -> int:
        return self.answered + self.failed


def bucket(seconds: float) -> int:
    """Where a time is counted."""
    return min(max(int(PER_OCTAVE * log2(max(seconds, FASTEST_SECONDS) / FASTEST_SECONDS)), 0), BUCKETS - 1)


def bucket_seconds(number: int) -> float:
    """Where a bucket ends."""
    return float(FASTEST_SECONDS * 2 ** ((number + 1) / PER_OCTAVE))


def due_test(champion: AnswerTally, minimum: int) -> int | None:
    """The number of the test that the champion has enough requests for, from 0; None before the first."""
    return int(log2(champion.requests / minimum)) if champion.requests >= minimum else None


def rollback_reason(champion: AnswerTally, before: AnswerTally, settings: RollbackSettings, test: int) -> str:
    """Why the champion is to be rolled back, as the history says it; empty: it is not."""
    risk = (1 - settings.confidence) / 2 ** (test + 1)
    if before.requests < settings.minimum_requests:
        return ""
    return _more_errors(champion, before, settings.errors, risk) or _slower(champion, before, settings.latency, risk)


def _more_errors(champion: AnswerTally, before: AnswerTally, at_least: float | None, risk: float) -> str:
    if at_least is None or champion.failed / champion.requests - before.failed / before.requests < at_least:
        return ""
    p = more_failures_p(champion.failed, champion.requests, before.failed, before.requests)
    if p > risk:
        return ""
    return (
        f"{champion.failed:,} of {champion.requests:,} requests failed since its promotion, "
        f"{before.failed:,} of {before.requests:,} with the version before (p = {p:.1g})"
    )


def _slower(champion: AnswerTally, before: AnswerTally, ratio: float | None, risk: float) -> str:
    calls, known = sum(champion.calls), sum(before.calls)
    if ratio is None or not calls or not known:
        return ""
    usual = _quantile(before.calls, USUAL)
    first = min(bucket(bucket_seconds(usual) * ratio) + 1, BUCKETS)
    slow = sum(champion.calls[first:])
    p = at_least_p(slow, calls, 1 - USUAL)
    if p > risk:
        return ""
    return (
        f"{slow:,} of {calls:,} calls since its promotion took longer than {ratio:g} × "
        f"{bucket_seconds(usual) * 1000:.3g} ms a row, which nine in ten of the version before kept to (p = {p:.1g})"
    )


def _quantile(calls: Sequence[int], share: float) -> int:
    """The first bucket up to whose end that share of all calls is."""
    wanted = share * sum(calls)
    return next(number for number, reached in enumerate(accumulate(calls)) if reached >= wanted)


def more_failures_p(failed: int, requests: int, other_failed: int, other_requests: int) -> float:
    """Fisher's exact test: how likely it is that so many of all failures, or more, are among the first requests."""
    failures, everything = failed + other_failed, requests + other_requests
    counts = np.arange(failed, min(failures, requests) + 1)
    logs = (
        _log_choose(requests, counts)
        + _log_choose(other_requests, failures - counts)
        - _log_choose(everything, np.array([failures]))
    )
    return float(min(np.exp(logs).sum(), 1.0))


def at_least_p(hits: int, rows: int, chance: float) -> float:
    """How likely so many hits, or more, are where each row is one with that chance."""
    from scipy.special import betainc

    return 1.0 if hits == 0 else float(betainc(hits, rows - hits + 1, chance))


def _log_choose(of: int, taken: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.float64]:
    from scipy.special import gammaln

    found: np.typing.NDArray[np.float64] = gammaln(of + 1) - gammaln(taken + 1) - gammaln(of - taken + 1)
    return np.where((taken < 0) | (taken > of), -np.inf, found)
