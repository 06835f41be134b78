"""When a model is retrained automatically."""

from __future__ import annotations

from dataclasses import replace

from argosy.definitions.quiet_hours import parse_quiet_hours
from argosy.feedback.triggers import (
    BY_DRIFT,
    DriftPolicy,
    Schedule,
    Situation,
    is_cooling,
    retraining_reason,
    waits_for,
)
from argosy.predictions.drift_checks import Drift, DriftCheck
from argosy.statistics.shifts import Shift


def due(situation, schedule):
    """The trigger of a retraining that need not wait."""
    return None if waits_for(situation, schedule) else retraining_reason(situation, schedule)


QUIET = Situation(now=10_000.0, since=9_000.0, new_feedback=0)


def test_nothing_configured_never_fires():
    assert due(replace(QUIET, new_feedback=10**6), Schedule()) is None


def test_enough_corrections_fire_and_one_fewer_does_not():
    schedule = Schedule(corrections=20)
    assert due(replace(QUIET, new_feedback=19), schedule) is None
    reason = due(replace(QUIET, new_feedback=20), schedule)
    assert (reason.trigger, reason.text) == ("corrections", "20 new pieces of feedback (the trigger is 20)")


def test_a_trigger_of_zero_corrections_still_needs_one():
    assert due(QUIET, Schedule(corrections=0)) is None
    assert due(replace(QUIET, new_feedback=1), Schedule(corrections=0)) is not None


def test_the_schedule_fires_at_its_second():
    assert due(QUIET, Schedule(every_seconds=1000.5)) is None
    reason = due(QUIET, Schedule(every_seconds=1000))
    assert (reason.trigger, reason.text) == ("schedule", "1000 s since the last time (the schedule is every 1000 s)")


def test_not_while_one_is_under_way():
    assert due(replace(QUIET, new_feedback=50, is_under_way=True), Schedule(every_seconds=1, corrections=1)) is None


def test_not_in_the_cool_down_after_a_rollback():
    schedule = Schedule(corrections=1, cooldown_seconds=600)
    assert due(replace(QUIET, new_feedback=5, rolled_back_at=9_401.0), schedule) is None
    assert due(replace(QUIET, new_feedback=5, rolled_back_at=9_400.0), schedule) is not None


def test_a_waiting_retraining_has_a_reason():
    schedule = Schedule(corrections=1, cooldown_seconds=600)
    assert waits_for(QUIET, schedule) == ""
    cooling = replace(QUIET, new_feedback=5, rolled_back_at=9_401.0)
    assert retraining_reason(cooling, schedule).trigger == "corrections"
    assert waits_for(cooling, schedule) == "the end of the cool-down after a rollback, at 1970-01-01T02:46:41Z"
    quiet = Schedule(corrections=1, quiet=parse_quiet_hours(["00:00-06:00"], "UTC", "training"))
    assert waits_for(QUIET, quiet) == "the end of quiet hours, at 1970-01-01T06:00:00Z"


DAY = 86_400.0
SHIFTED = {"answers": Shift(0.4, 0.3, 0.5, 0.0005, 0.4, 0.3), "length": Shift(0.0, -0.1, 0.1, 0.9, 0.0, 0.0, 4.0, 4.0)}


def drifting(now=2 * DAY + 100, rows=500, shifts=SHIFTED, **known):
    """The situation after a window that ended at two days."""
    check = DriftCheck("topics", 1, "closed", DAY, 2 * DAY, now, Drift(300, rows, shifts))
    return Situation(now=now, since=0.0, new_feedback=0, drift_check=check, **known)


ON_DRIFT = Schedule(drift=DriftPolicy())


def test_a_retraining_by_drift_names_what_shifted():
    reason = due(drifting(), ON_DRIFT)
    assert (reason.trigger, reason.text) == (BY_DRIFT, "drift in answers")
    assert due(drifting(), Schedule()) is None
    assert due(drifting(is_under_way=True), ON_DRIFT) is None
    assert due(drifting(rolled_back_at=2 * DAY), ON_DRIFT) is None


def test_small_or_insignificant_shifts_or_few_rows_trigger_nothing():
    small = {"answers": Shift(0.11, 0.09, 0.13, 0.0005, 0.11, 0.09)}
    unsure = {"answers": Shift(0.4, 0.15, 0.6, 0.02, 0.4, 0.15)}
    for quiet in (
        drifting(shifts=small),
        drifting(shifts=unsure),
        drifting(rows=199),
        replace(drifting(), drift_check=None),
    ):
        assert due(quiet, ON_DRIFT) is None
    assert due(drifting(shifts=small), Schedule(drift=DriftPolicy(at_least=0.05))) is not None


def test_drift_triggers_once_per_window_and_then_waits_for_its_cool_down():
    assert due(drifting(drift_asked_at=2 * DAY), Schedule(drift=DriftPolicy(cooldown_seconds=0))) is None
    assert due(drifting(drift_asked_at=2 * DAY - 10), Schedule(drift=DriftPolicy(cooldown_seconds=0))) is not None
    assert due(drifting(drift_asked_at=1.5 * DAY), ON_DRIFT) is None
    assert due(drifting(drift_asked_at=DAY), ON_DRIFT) is not None


def test_cooling_needs_a_rollback():
    assert not is_cooling(None, 0.0, 1e9)
    assert is_cooling(0.0, 1.0, 2.0)
    assert not is_cooling(0.0, 2.0, 2.0)


def test_in_quiet_hours_nothing_fires():
    schedule = Schedule(corrections=1, quiet=parse_quiet_hours(["02:00-03:00"], "UTC", "training"))
    busy = replace(QUIET, new_feedback=5)
    assert due(busy, schedule) is None  # 02:46:40
    assert due(replace(busy, now=10_800.0), schedule) is not None
