"""Drift on real backends: answers counted from the log, checks stored, a retraining triggered and confirmed."""

from __future__ import annotations

import json
import time

import pytest

from argosy import clock
from argosy.datasets.example import Example
from argosy.evaluation import drift_checker
from argosy.evaluation.drift_checker import DriftChecker
from argosy.evaluation.drift_periods import periods_of
from argosy.evaluation.drift_windows import DAY, closed_window
from argosy.feedback import drifting
from argosy.feedback.drift_requests import DriftRequests
from argosy.feedback.drifting import Drifting
from argosy.feedback.triggers import BY_DRIFT, DriftPolicy, Schedule
from argosy.models.adapted_model import AdaptedModel
from argosy.predictions.drift_checks import CLOSED, LIVE, newest_drift_checks
from argosy.predictions.live_profiles import HOUR
from argosy.serving.drift_gauges import DriftGauges
from stored.rows import add, remove, rows

from .conftest import NOON
from .test_loop import DRIFTED, WORDS, champion, loop, text  # noqa: F401  # loop is a fixture

NOTES = {"name": "all", "options": {"collection": "notes", "training_ratio": 0.6}}
SCHEDULE = Schedule(drift=DriftPolicy(minimum_rows=30))


def note(topic, words, seed):
    """Only the words differ: all notes have the same length."""
    return text(topic, words, seed).rpartition(" ")[0]


@pytest.fixture(autouse=True)
def noon(monkeypatch, database):
    """The test begins at noon, so that no hour and no day ends during it."""
    began = time.time()
    after = began // DAY * DAY + DAY / 2 - began
    monkeypatch.setattr(clock, "now", lambda: time.time() + after)
    with database.read() as transaction:
        monkeypatch.setattr(type(transaction), "now", lambda _: time.time() + after)


@pytest.fixture
def parts(loop, project):  # noqa: F811  # the fixture
    """The loop with a champion, and a worker that checks for drift too."""
    rows = [Example(note(topic, WORDS, n), topic, seen_at=NOON) for n in range(150) for topic in WORDS]
    project.examples.add("notes", rows)
    loop.train(NOTES)
    loop.checker = DriftChecker(project.database, project.vault, loop.store, project.log)
    loop.drifting = Drifting(project.database, project.log, loop.checker)
    loop.asks = DriftRequests(loop.queue, loop.store)

    def check():
        project.log.drain()  # as the drainer does regularly
        asked = loop.asks.request_if_answered("topics", 24)
        loop.work(drift=loop.drifting)
        return asked

    loop.check = check
    return loop


@pytest.fixture
def answer(parts, predict):
    """Let the champion answer texts of these words, at a time in the last complete day; their ids and topics."""
    trained = parts.store.trained(parts.store.stored_version("topics@champion").label)
    model = AdaptedModel.load(parts.store.artifacts.fetch(trained.artifact))
    start, _ = closed_window(clock.now(), 24)

    def answered(words, seeds, topics=("sport", "tech"), hour=12):
        asked = [(topics[n % len(topics)], n) for n in seeds]
        texts = [note(topic, words, n) for topic, n in asked]
        rows = zip(texts, model.classify(texts), model.confidence(texts).tolist(), strict=True)
        return predict(list(rows), made_at=start + hour * HOUR), [topic for topic, _ in asked]

    return answered


def check_of(project, name=CLOSED):
    [found] = newest_drift_checks(project.database, name, "topics")
    return found


def test_unchanged_inputs_trigger_nothing(parts, project, answer):
    confusion = parts.store.trained(parts.store.stored_version("topics@champion").label).confusion
    mix = [topic for topic, row in zip(confusion["labels"], confusion["matrix"], strict=True) for _ in range(sum(row))]
    answer(WORDS, range(1000, 1000 + 4 * len(mix)), mix)  # as the test part was drawn, however uneven
    assert parts.check().startswith("drift-topics-")
    found = check_of(project).found
    assert (found.live_rows, found.shown()) == (4 * len(mix), [])
    assert set(found.shifts) == {"answers", "confidence", "length", "vocabulary"}
    assert parts.retrainings.request_if_due("topics", SCHEDULE) is None


def test_drift_without_labels_triggers_once_and_names_what_to_review(parts, project, answer):
    answer(DRIFTED, range(1000, 1240), topics=("tech",))
    parts.check()
    assert set(check_of(project).found.shown(0.99, 0.1)) >= {"vocabulary", "confidence"}
    asked = parts.retrainings.request_if_due("topics", SCHEDULE)
    assert parts.queue.get(asked).payload["trigger"] == BY_DRIFT
    parts.work()
    progress = parts.retrainings.progress(asked)
    assert (progress.is_over, progress.promoted, champion(parts)) == (True, False, 1)
    since = clock.format_time(check_of(project).started_at)[:19]
    assert progress.reason.startswith("drift in ")
    assert f"argosy feedback review topics --since {since}Z" in progress.reason
    (end,) = parts.retrainings.came_to_nothing("topics")
    assert (end.reason, end.is_worrying) == (progress.reason, True)
    parts.check()
    assert parts.retrainings.request_if_due("topics", SCHEDULE) is None


def test_a_retraining_by_drift_is_promoted_on_labelled_evidence_only(parts, project, answer):
    ids, topics = answer(DRIFTED, range(1000, 1240))
    for one, topic in zip(ids, topics, strict=True):
        project.feedback.add(one, "correction", topic, "ann", is_uniform=True)
    parts.check()
    asked = parts.retrainings.request_if_due("topics", SCHEDULE)
    parts.work()
    assert parts.retrainings.progress(asked).verdict.promote
    assert champion(parts) == 2
    assert parts.retrainings.situation("topics").drift_check is None  # the new champion has answered nothing yet


def test_an_hour_is_counted_once_and_again_when_it_changes(parts, project, answer):
    answer(WORDS, range(1000, 1020), hour=3)
    answer(WORDS, range(1020, 1050), hour=5)
    assert parts.checker.count("topics", clock.now()).changed == 2
    assert parts.checker.count("topics", clock.now()).changed == 0
    answer(WORDS, range(1050, 1060), hour=3)
    again = parts.checker.count("topics", clock.now())
    assert again.changed == 1
    assert [one.profile.rows for one in again.hours] == [30, 30]
    assert [one.profile.means["length"].rows for one in again.hours] == [30, 30]


def test_an_answer_by_a_clock_that_is_a_little_ahead_is_counted(parts, predict):
    now = clock.now()
    predict([("a text", "tech", 0.5)], made_at=now + 0.001)
    assert [one.profile.rows for one in parts.checker.count("topics", now).hours] == [1]


def test_a_check_counts_the_newest_hours_and_the_next_one_goes_on(parts, project, answer, monkeypatch):
    monkeypatch.setattr(drift_checker, "ANSWERS_AT_ONCE", 25)
    day, _ = closed_window(clock.now(), 24)
    for hour, answers in ((3, 20), (5, 30), (12, 30)):
        answer(WORDS, range(1000, 1000 + answers), hour=hour)
    for since, counted in ((day + 6 * HOUR, [30]), (day + 4 * HOUR, [30, 30])):
        found = parts.checker.check("topics", 24)
        assert (found.since, [one.profile.rows for one in found.hours]) == (since, counted)
        assert newest_drift_checks(project.database, CLOSED, "topics") == []
        assert [one.started_at for one in periods_of(found, 1, "hour")] == [one.started_at for one in found.hours]
        assert periods_of(found, 1, "day") == []
    found = parts.checker.check("topics", 24)
    assert found.is_complete
    assert [one.profile.rows for one in found.hours] == [20, 30, 30]
    assert check_of(project).found.live_rows == 80
    answer(WORDS, range(1100, 1130), hour=12)
    answer(WORDS, range(1100, 1130), hour=5)
    assert parts.checker.check("topics", 24).changed == 1
    assert check_of(project).found.live_rows == 80  # of the part that was counted nothing is concluded
    assert parts.checker.check("topics", 24).is_complete
    assert check_of(project).found.live_rows == 140


def test_a_worker_counts_all_hours(parts, project, answer, monkeypatch):
    monkeypatch.setattr(drifting, "ANSWERS_AT_ONCE", 25)
    for hour, answers in ((3, 20), (5, 30), (12, 30)):
        answer(WORDS, range(1000, 1000 + answers), hour=hour)
    parts.check()
    assert check_of(project).found.live_rows == 80


def test_a_worker_computes_the_draw_levels_that_are_due(parts, project, answer):
    answer(WORDS, range(1000, 1200))
    project.log.drain()
    kept = rows(project.database, "draw_levels")
    assert kept
    for one in kept:
        remove(project.database, "draw_levels", prediction_id=one[0])
    add(project.database, "draw_levels_due", model="topics", made_at=0.0, prediction_id="")
    parts.check()
    assert (rows(project.database, "draw_levels"), rows(project.database, "draw_levels_due")) == (kept, [])


def test_erased_answers_are_not_counted_any_more(parts, project, predict):
    at = clock.now() - HOUR
    predict([("a text of somebody", "tech", 0.5)], made_at=at, subject="ann")
    predict([("a text of somebody", "tech", 0.5)], made_at=at - HOUR, subject="ann")
    predict([("another text", "tech", 0.5)] * 2, made_at=at)
    assert [one.profile.rows for one in parts.checker.count("topics", clock.now()).hours] == [1, 3]
    project.log.erase("ann")
    assert [one.profile.rows for one in parts.checker.count("topics", clock.now()).hours] == [2]


def test_no_stored_figure_contains_a_text(parts, project, answer):
    answer(DRIFTED, range(1000, 1040))
    parts.check()
    kept = [rows(project.database, name) for name in ("drift_references", "drift_hours", "drift_looks", "jobs")]
    assert all(kept)
    reported = json.dumps(kept, default=lambda value: value.hex() + value.decode("latin-1")).lower()
    words = [word for topic in (WORDS, DRIFTED) for listed in topic.values() for word in listed]
    assert [word for word in words if word in reported] == []


def test_drift_checks_are_kept_and_their_jobs_are_not(parts, project, answer):
    assert parts.asks.request_if_answered("topics", 24) is None  # nothing has been answered
    answer(WORDS, range(1000, 1040))
    first, second = parts.check(), parts.check()
    assert first != second
    assert len(parts.queue.jobs("drift")) == 1


def test_a_scraper_reads_the_newest_window_without_a_key(parts, project, predict):
    predict([("quantum qubit lattice", "tech", 0.5)] * 40, made_at=clock.now())
    gauges = DriftGauges(project.database)
    gauges.poll()
    assert all(not family.samples for family in gauges.collect())
    parts.check()
    gauges.poll()
    found = {(one.name, one.labels.get("of", "")): one.value for family in gauges.collect() for one in family.samples}
    assert found["argosy_drift_rows", ""] == 40
    assert found["argosy_drift_value", "vocabulary"] > 0.5
    assert found["argosy_drift_low", "vocabulary"] <= found["argosy_drift_value", "vocabulary"]
    assert check_of(project, LIVE).checked_at == found["argosy_drift_checked_at_seconds", ""]
