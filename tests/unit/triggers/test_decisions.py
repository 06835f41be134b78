"""When a trigger fires, as pure decisions, over histories that hypothesis makes up."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from argosy.definitions.cron import parse_cron
from argosy.triggers.decisions import (
    AHEAD_SECONDS,
    GONE_WRONG,
    file_decisions,
    files_reason,
    moment_decision,
    rows_reason,
)
from argosy.tuning.trigger_files import FileState, NotedFile, TriggerFile

START = 1_700_000_000.0
SCHEDULES = st.sampled_from(["* * * * *", "*/15 * * * *", "0 3 * * *", "30 2 * * *", "0 0 1 * *"]).map(
    lambda text: parse_cron(text, "Europe/Berlin", "on")
)
STEPS = st.lists(st.floats(0.1, 200_000), min_size=1, max_size=30)
FILES = st.builds(TriggerFile, st.sampled_from("abcdef"), st.integers(0, 3), st.integers(0, 3))
HISTORIES = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(0, 2), st.integers(0, 2))))


@given(st.integers(0, 2000), st.integers(1, 1000))
def test_rows_fire_from_as_many_as_were_asked_for(newer, every):
    assert bool(rows_reason(newer, every, "news")) == (newer >= every)


def look_after(schedule, settled, moments):
    """Each look's decision, with what it settles carried on."""
    for now in moments:
        decision = moment_decision(schedule, settled, now)
        settled = settled if decision.settle_until is None else decision.settle_until
        yield now, decision


@given(SCHEDULES, STEPS)
def test_a_moment_that_came_fires_at_the_next_look_and_many_missed_ones_fire_once(schedule, steps):
    before, moments = START, itertools.accumulate(steps, initial=START)
    for now, decision in look_after(schedule, START, moments):
        assert bool(decision.reason) == (schedule.after(before) <= now)
        before = now


@given(SCHEDULES, STEPS, st.integers(0, 29), st.floats(0, 3600))
def test_a_clock_that_is_put_back_by_an_hour_repeats_no_moment(schedule, steps, at, back):
    now, moments = START, []
    for number, step in enumerate(steps):
        now += step - (back if number == at else 0.0)
        moments.append(now)
    fired = [
        decision.reason.partition(",")[0] for _, decision in look_after(schedule, START, moments) if decision.reason
    ]
    assert len(fired) == len(set(fired))


@given(SCHEDULES, st.floats(AHEAD_SECONDS + 1, 1e9))
def test_what_was_settled_by_a_clock_far_ahead_is_settled_anew(schedule, ahead):
    first, second = (decision for _, decision in look_after(schedule, START + ahead, [START, schedule.after(START)]))
    assert (first.reason, first.settle_until) == ("", START)
    assert second.reason


def test_a_late_one_says_so():
    decision = moment_decision(parse_cron("0 3 * * *", "UTC", "on"), 0.0, 3.5 * 3600)
    assert decision.reason == "1970-01-01 03:00 UTC, 30 minutes late"
    assert moment_decision(parse_cron("0 3 * * *", "UTC", "on"), 0.0, 3 * 3600.0).reason == "1970-01-01 03:00 UTC"


def applied(known, decisions):
    """What is known after a look, of whose files every ready one is imported at once."""
    after = {path: one for path, one in known.items() if path not in decisions.gone}
    after |= {one.file.path: one for one in decisions.note}
    return after | {file.path: NotedFile(file, FileState.IMPORTED) for file in decisions.ready}


@given(HISTORIES)
def test_a_file_is_imported_after_two_looks_that_found_it_alike_and_once_for_as_long_as_it_stays_so(history):
    known, before, imported = {}, {}, {}
    for found in history:
        files = [TriggerFile(path, *what) for path, what in found.items()]
        decisions = file_decisions(files, known, {}, is_under_way=False)
        expected = {file for file in files if before.get(file.path) == file and imported.get(file.path) != file}
        assert set(decisions.ready) == expected
        known = applied(known, decisions)
        assert set(known) == set(found)
        before = {file.path: file for file in files}
        imported = {path: file for path, file in imported.items() if before.get(path) == file}
        imported |= {file.path: file for file in decisions.ready}


@given(st.lists(FILES, unique_by=lambda file: file.path), st.sampled_from(FileState))
def test_while_a_job_is_under_way_none_begins_and_none_is_given_up(files, state):
    known = {file.path: NotedFile(file, state) for file in files}
    assert file_decisions(files, known, {}, is_under_way=True).is_nothing


def test_what_a_job_that_ended_has_left_behind_is_broken_until_it_changes():
    file = TriggerFile("a", 1, 1)
    for state in (FileState.QUEUED, FileState.READING):
        decisions = file_decisions([file], {"a": NotedFile(file, state)}, {}, is_under_way=False)
        assert decisions.note == (NotedFile(file, FileState.BROKEN, GONE_WRONG),)
    broken = {"a": NotedFile(file, FileState.BROKEN)}
    assert file_decisions([file], broken, {}, is_under_way=False).is_nothing
    changed = TriggerFile("a", 1, 2)
    assert file_decisions([changed], broken, {}, is_under_way=False).note == (NotedFile(changed, FileState.SEEN),)


def test_what_may_not_be_read_never_is():
    file = TriggerFile("a", 1, 1)
    decisions = file_decisions([file], {}, {"a": "it leads out"}, is_under_way=False)
    assert decisions.note == (NotedFile(file, FileState.BROKEN, "it leads out"),)
    assert file_decisions([file], applied({}, decisions), {"a": "it leads out"}, is_under_way=False).is_nothing


def test_a_reason_names_a_few_files():
    files = [TriggerFile(name, 1, 1) for name in "abcde"]
    assert files_reason(files[:1]) == "1 file: a"
    assert files_reason(files) == "5 files: a, b, c and 2 more"
