"""Which tokens' feedback looks suspicious. Pure.

A token whose holder is wrong, or who lies, can make a bad challenger look good by feedback that the challenger was
trained on as well, or keep a bad champion in its place. It is suspicious where its feedback

- contradicts the champion far more, or far less, often than all the other evidence does, or
- came in a burst, as no people and few systems send it.

A promotion that would not be one without such a token's rows is held for a person; a rollback that would be one
without them is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from argosy.evaluation.gate import Answered, Correct, are_right_or_wrong
from argosy.predictions.measures import Measure

FAR_MORE = 0.25
"""By so much of all rows."""
BURST_ROWS = 500
BURST_SECONDS = 60.0


@dataclass(frozen=True)
class Suspicion:
    """A token whose rows are to be left out to see what the rest says, and why."""

    token: str
    reason: str


def suspicions(givers: Sequence[Measure | None], live: Correct, test: Correct) -> Iterator[Suspicion]:
    """Tokens that are suspicious: `live` and `test` say of each row whether the champion is right."""
    for token in sorted({giver.token for giver in givers if giver is not None and giver.token}):
        mine = ~rows_without(token, givers)
        others = np.concatenate([live[~mine], test])
        gap = others.mean() - live[mine].mean() if len(others) else 0.0
        if abs(gap) > FAR_MORE:
            yield Suspicion(token, _contradicts(token, 1 - live[mine].mean(), 1 - others.mean()))
        elif burst := _burst([giver.given_at for giver in givers if giver is not None and giver.token == token]):
            yield Suspicion(token, f"{burst} pieces of feedback came with the token '{token}' within a minute")


def as_right(errors: Answered, compared_with: Answered) -> Correct:
    """Rows as they are; of numbers, those are right whose error is at most the median of others."""
    if are_right_or_wrong(errors):
        return errors
    others = compared_with if len(compared_with) else errors
    return np.asarray(errors <= np.median(others)) if len(others) else np.zeros(0, bool)


def rows_without(token: str, givers: Sequence[Measure | None]) -> Correct:
    """A mask over the rows: those that did not come with that token."""
    return np.array([giver is None or giver.token != token for giver in givers], bool)


def held_message(suspicion: Suspicion, reference: str) -> str:
    """What is said of a promotion that is held."""
    why = f"held for a person, since it rests on one token: {suspicion.reason}"
    return f"{why}; to accept: argosy models promote {reference}"


def _contradicts(token: str, mine: float, others: float) -> str:
    shares = f"in {mine:.0%} of its rows, the other evidence in {others:.0%}"
    return f"the token '{token}' contradicts the champion {shares}"


def _burst(given_at: Sequence[float]) -> int:
    """The most pieces that came within BURST_SECONDS, where that is a burst; else 0."""
    times = np.sort(np.array(given_at))
    most = int((np.searchsorted(times, times + BURST_SECONDS, side="right") - np.arange(len(times))).max(initial=0))
    return most if most >= BURST_ROWS else 0
