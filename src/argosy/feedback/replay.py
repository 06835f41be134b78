"""Should the version before the champion come back? Pure decisions.

The champion's answers as they were given live are compared with what the version before it says to the very same
inputs, on feedback that came in without regard to the answers. Two things keep this honest:

- Rows are tested when there are `minimum_rows` of them, and again each time their number has doubled; an interim test
  takes the first ones, however many more there are. Asking often therefore asks nothing new.
- The k-th interim test spends (1 - confidence) / 2^k of the risk, so that all tests of a champion together replace a
  champion that is no worse at most (1 - confidence) / 2 of the time, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from argosy.evaluation.gate import Policy
from argosy.feedback.labels import ConflictRule, FeedbackPiece, resolve_feedback
from argosy.feedback.triggers import is_cooling
from argosy.label_numbers import number_in
from argosy.plurals import plural
from argosy.predictions.measures import Measure


@dataclass(frozen=True)
class InterimTest:
    """The `number`-th of a champion, at its first `rows`, with the confidence that this test must reach."""

    number: int
    rows: int
    confidence: float


@dataclass(frozen=True)
class AnsweredPrediction:
    """A live answer and what was said of it."""

    prediction_id: str
    answer: str
    said: tuple[FeedbackPiece, ...]


@dataclass(frozen=True)
class Row:
    """A live answer that measures, and the label that it should have been."""

    prediction_id: str
    answer: str
    label: str
    measure: Measure | None = None
    """Why it measures."""

    @property
    def is_right(self) -> bool:
        return self.answer == self.label


def interim_test(rows: int, policy: Policy) -> InterimTest | None:
    """The newest test that this many rows allow; None where they are too few for the first."""
    first = max(policy.minimum_rows, 1)
    if rows < first:
        return None
    number = (rows // first).bit_length()
    return InterimTest(number, first << (number - 1), 1 - (1 - policy.confidence) / 2**number)


def measuring(answered: Iterable[AnsweredPrediction], rule: ConflictRule, policy: Policy) -> list[Row]:
    """The rows that may measure, in the order in which each began to: later feedback never reorders earlier rows.

    Feedback measures that came without regard to the answer (all of it under the evidence `all`).
    Feedback that contradicts itself in a way that the rule does not settle measures nothing.
    """
    found: list[tuple[int, Row]] = []
    for one in answered:
        since = [said.number for said in one.said if policy.evidence == "all" or said.measures]
        if not since:
            continue
        label = resolve_feedback(one.said, rule).label
        if label is not None:
            found.append((min(since), Row(one.prediction_id, one.answer, label)))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def numeric_rows(rows: Iterable[Row]) -> list[Row]:
    """Those whose answer and label are numbers."""
    return [row for row in rows if number_in(row.answer) is not None and number_in(row.label) is not None]


def due(
    interim: InterimTest | None,
    tested: int,
    is_under_way: bool,
    rolled_back_at: float | None,
    policy: Policy,
    now: float,
) -> str | None:
    """Why a replay should be made now; None where it should not.

    `tested` is the number of this champion's last test. In the cool-down after a rollback nothing is rolled back again.
    """
    if interim is None or interim.number <= tested or is_under_way:
        return None
    if is_cooling(rolled_back_at, now, policy.cooldown_seconds):
        return None
    return f"{plural(interim.rows, 'fresh row')} to measure by (interim test {interim.number})"


def too_few(rows: int, policy: Policy) -> str:
    """Why nothing could be compared."""
    least = max(policy.minimum_rows, 1)
    return f"{plural(rows, 'fresh row')} with feedback that measures: too few, at least {least} are needed"


def first_rows(rows: Sequence[Row], interim: InterimTest) -> Sequence[Row]:
    """Those that a test is about."""
    return rows[: interim.rows]
