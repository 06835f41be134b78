"""When a model is retrained by itself."""

from __future__ import annotations

from dataclasses import replace

from argosy.definitions.quiet_hours import parse_quiet_hours
from argosy.feedback.triggers import Schedule, Situation, due, is_cooling

QUIET = Situation(now=10_000.0, since=9_000.0, new_feedback=0)


def test_nothing_configured_never_fires():
    assert due(replace(QUIET, new_feedback=10**6), Schedule()) is None


def test_enough_corrections_fire_and_one_fewer_does_not():
    schedule = Schedule(corrections=20)
    assert due(replace(QUIET, new_feedback=19), schedule) is None
    assert due(replace(QUIET, new_feedback=20), schedule) == "20 new corrections and outcomes (the trigger is 20)"


def test_a_trigger_of_zero_corrections_still_wants_one():
    assert due(QUIET, Schedule(corrections=0)) is None
    assert due(replace(QUIET, new_feedback=1), Schedule(corrections=0)) is not None


def test_the_schedule_fires_at_its_second():
    assert due(QUIET, Schedule(every_seconds=1000.5)) is None
    assert due(QUIET, Schedule(every_seconds=1000)) == "1000 s since the last time (the schedule is every 1000 s)"


def test_not_while_one_is_under_way():
    assert due(replace(QUIET, new_feedback=50, is_under_way=True), Schedule(every_seconds=1, corrections=1)) is None


def test_not_in_the_cool_down_after_a_rollback():
    schedule = Schedule(corrections=1, cooldown_seconds=600)
    assert due(replace(QUIET, new_feedback=5, rolled_back_at=9_401.0), schedule) is None
    assert due(replace(QUIET, new_feedback=5, rolled_back_at=9_400.0), schedule) is not None


def test_cooling_needs_a_rollback():
    assert not is_cooling(None, 0.0, 1e9)
    assert is_cooling(0.0, 1.0, 2.0)
    assert not is_cooling(0.0, 2.0, 2.0)


def test_in_quiet_hours_nothing_fires():
    schedule = Schedule(corrections=1, quiet=parse_quiet_hours(["02:00-03:00"], "UTC", "training"))
    busy = replace(QUIET, new_feedback=5)
    assert due(busy, schedule) is None  # 02:46:40
    assert due(replace(busy, now=10_800.0), schedule) is not None
