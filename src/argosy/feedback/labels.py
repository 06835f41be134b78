"""What label a prediction's feedback amounts to: pure rules for feedback that disagrees.

Every piece of feedback is kept as it was given; a rule only decides what to learn from it. One source has one voice:
where it said several things about a prediction, its last word counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from argosy.errors import DefinitionInvalid

Kind = Literal["outcome", "correction"]


@dataclass(frozen=True)
class FeedbackPiece:
    """One piece of feedback on a prediction; the database's `number` orders them, whatever their times."""

    kind: str
    label: str
    source: str
    given_at: float
    number: int = 0
    measures: bool = False
    """It came without regard to the answer."""
    token: str = ""
    """The name of the token it came with; empty: from anyone who has the project itself."""


@dataclass(frozen=True)
class Derived:
    """The label to learn, and the kind of feedback it came from; None where the feedback does not settle it."""

    label: str | None
    kind: str
    why: str
    measures: bool


@dataclass(frozen=True)
class ConflictRule:
    """How contradictions end.

    `latest`: the last word wins. `majority`: the most sources win, a tie settles nothing. `drop`: sources that
    disagree settle nothing. `trust`: the first of `order` that said anything wins (a source's name, or `correction`
    or `outcome` for all of that kind), the last word among it; what is not named comes after, by last word.
    """

    name: Literal["latest", "majority", "drop", "trust"] = "latest"
    order: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ConflictRule:
        """From `latest`, `majority`, `drop` or `trust: analyst, outcome`; raises DefinitionInvalid."""
        name, _, names = (part.strip() for part in text.partition(":"))
        order = tuple(part.strip() for part in names.split(",") if part.strip())
        if name == "trust" and order:
            return cls("trust", order)
        if name in ("latest", "majority", "drop") and not names:
            return cls(name)  # type: ignore[arg-type]  # just compared with each
        raise DefinitionInvalid(
            f"'{text}' is no rule for contradictory feedback; allowed: latest, majority, drop, trust: SOURCE, SOURCE",
            "feedback_conflicts",
        )


def resolve_feedback(said: Iterable[FeedbackPiece], rule: ConflictRule) -> Derived:
    """What one prediction's feedback amounts to under the rule; raises ValueError where there is none.

    It measures as soon as any of it does: that says how the prediction was picked, not who was right. What then came
    with a token and does not measure has no voice: it would decide what counts as evidence without a claim to.
    """
    everything = sorted(said, key=lambda one: one.number)
    if not everything:
        raise ValueError("no feedback to resolve")
    fair = any(one.measures for one in everything)
    if fair:
        everything = [one for one in everything if one.measures or not one.token]
    voices = list({one.source: one for one in everything}.values())
    voices.sort(key=lambda one: one.number)
    winner, why = _settle(voices, rule)
    if winner is None:
        return Derived(None, voices[-1].kind, why, fair)
    return Derived(winner.label, winner.kind, why, fair)


def _settle(voices: Sequence[FeedbackPiece], rule: ConflictRule) -> tuple[FeedbackPiece | None, str]:
    """The voice that counts (oldest first in, so the last is the latest) and why."""
    labels = Counter(voice.label for voice in voices)
    if len(labels) == 1:
        return voices[-1], "agreed" if len(voices) > 1 else "the only word"
    if rule.name == "drop":
        return None, f"sources disagree: {_listed(labels)}"
    if rule.name == "majority":
        (first, votes), (_, next_votes) = labels.most_common(2)
        if votes == next_votes:
            return None, f"no majority: {_listed(labels)}"
        return next(voice for voice in reversed(voices) if voice.label == first), f"majority: {_listed(labels)}"
    if rule.name == "trust":
        for name in rule.order:
            trusted = [voice for voice in voices if name in (voice.source, voice.kind)]
            if trusted:
                return trusted[-1], f"'{name}' is trusted first"
    return voices[-1], "the last word"


def _listed(labels: Counter[str]) -> str:
    return ", ".join(f"{label} {votes}" for label, votes in labels.most_common())
