"""When to retrain: a pure decision from what is known of a model to a reason, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from argosy.clock import format_time
from argosy.definitions.quiet_hours import QuietHours
from argosy.plurals import plural
from argosy.predictions.drift_checks import DriftCheck

NO_HOURS: Final = QuietHours()
BY_DRIFT: Final = "drift"


@dataclass(frozen=True)
class DriftPolicy:
    """How much drift of the champion's answers asks for a retraining, and how often it may ask."""

    at_least: float = 0.1
    """The share of rows that would have to be others, by the interval's nearer end."""
    confidence: float = 0.99
    minimum_rows: int = 200
    """Of live answers in a window, and of the test part."""
    cooldown_seconds: float = 86_400.0


@dataclass(frozen=True)
class Schedule:
    """When a model is retrained by itself; None switches a trigger off."""

    every_seconds: float | None = None
    corrections: int | None = None
    cooldown_seconds: float = 3600.0
    quiet: QuietHours = NO_HOURS
    drift: DriftPolicy | None = None

    @property
    def is_on(self) -> bool:
        return any(trigger is not None for trigger in (self.every_seconds, self.corrections, self.drift))


@dataclass(frozen=True)
class Situation:
    """What the decision rests on; `since` is when the model was last retrained or, before that, promoted."""

    now: float
    since: float
    new_feedback: int
    is_under_way: bool = False
    rolled_back_at: float | None = None
    drift_check: DriftCheck | None = None
    """At the champion's answers in the last window that is over."""
    drift_asked_at: float | None = None
    """When drift last asked for a retraining."""


@dataclass(frozen=True)
class Reason:
    """Why a model is to be retrained; `trigger` names what asked."""

    trigger: str
    text: str


def waits_for(situation: Situation, schedule: Schedule) -> str:
    """What a retraining that a trigger asks for has to wait for; empty: nothing.

    None is asked for in quiet hours: one asked for after them includes the feedback of these hours. Nor is one in the
    cool-down after a rollback: it would learn from the feedback on the version that was rolled back.
    """
    now, rolled_back_at = situation.now, situation.rolled_back_at
    if rolled_back_at is not None and is_cooling(rolled_back_at, now, schedule.cooldown_seconds):
        ends_at = format_time(round(rolled_back_at + schedule.cooldown_seconds))
        return f"the end of the cool-down after a rollback, at {ends_at}"
    until = schedule.quiet.until(now)
    return "" if until is None else f"the end of quiet hours, at {format_time(round(until))}"


def retraining_reason(situation: Situation, schedule: Schedule) -> Reason | None:
    """What asks for a retraining, whether or not it has to wait; nothing while an earlier one is under way.

    Without new feedback the schedule alone decides, because examples also arrive by import; and drift, which has its
    own cool-down.
    """
    if situation.is_under_way:
        return None
    if schedule.corrections is not None and situation.new_feedback >= max(schedule.corrections, 1):
        text = f"{plural(situation.new_feedback, 'new piece')} of feedback (the trigger is {schedule.corrections})"
        return Reason("corrections", text)
    waited = situation.now - situation.since
    if schedule.every_seconds is not None and waited >= schedule.every_seconds:
        text = f"{waited:.0f} s since the last time (the schedule is every {schedule.every_seconds:.0f} s)"
        return Reason("schedule", text)
    shown = drifted_figures(situation, schedule.drift) if schedule.drift is not None else []
    return Reason(BY_DRIFT, f"drift in {', '.join(shown)}") if shown else None


def drifted_figures(situation: Situation, policy: DriftPolicy) -> list[str]:
    """What of the champion's answers drifted so far that drift should ask; each window asks at most once."""
    check, asked_at = situation.drift_check, situation.drift_asked_at
    if check is None or min(check.found.live_rows, check.found.reference_rows) < policy.minimum_rows:
        return []
    if asked_at is not None and (asked_at >= check.ended_at or situation.now - asked_at < policy.cooldown_seconds):
        return []
    return check.found.shown(policy.confidence, policy.at_least)


def is_cooling(rolled_back_at: float | None, now: float, cooldown_seconds: float) -> bool:
    """Whether a rollback is so recent that nothing may be promoted."""
    return rolled_back_at is not None and now - rolled_back_at < cooldown_seconds
