"""When to retrain: a pure decision from what is known of a model to a reason, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from argosy.definitions.quiet_hours import QuietHours

NO_HOURS: Final = QuietHours()


@dataclass(frozen=True)
class Schedule:
    """When a model is retrained by itself; None switches a trigger off."""

    every_seconds: float | None = None
    corrections: int | None = None
    cooldown_seconds: float = 3600.0
    quiet: QuietHours = NO_HOURS


@dataclass(frozen=True)
class Situation:
    """What the decision rests on; `since` is when the model was last retrained or, before that, promoted."""

    now: float
    since: float
    new_feedback: int
    is_under_way: bool = False
    rolled_back_at: float | None = None


def due(situation: Situation, schedule: Schedule) -> str | None:
    """Why the model should be retrained now; None where it should not.

    Never while an earlier retraining is under way, nor in quiet hours: asked after them, it takes what came in them
    too. Nor in the cool-down after a rollback: what is learned right after one would rest on the feedback that the
    bad version drew. Without new feedback the schedule alone decides,
    because examples also arrive by import.
    """
    if situation.is_under_way or is_cooling(situation.rolled_back_at, situation.now, schedule.cooldown_seconds):
        return None
    if schedule.quiet.until(situation.now) is not None:
        return None
    if schedule.corrections is not None and situation.new_feedback >= max(schedule.corrections, 1):
        return f"{situation.new_feedback} new corrections and outcomes (the trigger is {schedule.corrections})"
    waited = situation.now - situation.since
    if schedule.every_seconds is not None and waited >= schedule.every_seconds:
        return f"{waited:.0f} s since the last time (the schedule is every {schedule.every_seconds:.0f} s)"
    return None


def is_cooling(rolled_back_at: float | None, now: float, cooldown_seconds: float) -> bool:
    """Whether a rollback is so recent that nothing may be promoted."""
    return rolled_back_at is not None and now - rolled_back_at < cooldown_seconds
