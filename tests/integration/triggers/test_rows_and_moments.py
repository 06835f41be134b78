"""Plans that are submitted again after new rows, or by a schedule."""

import threading

import pytest

from argosy.datasets.example import Example
from argosy.definitions.cron import CronSchedule
from argosy.definitions.plan_triggers import ScheduleTrigger, written_trigger
from argosy.errors import CollectionNotFound, DatasetInvalid, LeaseLost, PlanNotFound
from argosy.jobs.job import JobState
from stored.jobs import pass_duties
from stored.triggers import pass_schedules, write_otherwise

ROWS = {"examples": "news", "every": 10}
HOURLY = {"schedule": "0 * * * *"}
HOUR = 3600.0


def test_a_plan_is_submitted_again_after_enough_rows(project):
    project.add(100)
    (label,) = project.plans.submit(project.plan(ROWS)).queued
    project.add(9)
    assert project.run() is None
    assert project.status().next == "9 of 10 came"
    project.add(1)
    assert project.run() == {"plan": "topics", "files": {}, "submitted": True}
    status = project.status()
    assert (status.next, status.reason, status.is_firing) == ("0 of 10 came", "10 new rows of 'news' or more", False)
    assert project.plans.check(project.plan()).count("queued") == 1
    assert project.backends.queue.get(label).state is JobState.CANCELLED
    assert project.run() is None


def test_corrected_rows_count_and_rows_of_other_collections_do_not(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS))
    kept = [one.input for one in project.backends.examples.export("news")][:10]
    project.backends.examples.add("other", project.rows(50))
    assert project.run() is None
    project.backends.examples.add("news", [Example(text, "queue9") for text in kept])
    assert project.run()["submitted"]


def test_every_submission_restarts_the_count(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS))
    project.add(9)
    project.plans.submit(project.plan(ROWS))
    project.add(9)
    assert project.run() is None


def test_a_schedule_fires_once_for_all_that_was_missed(project):
    project.add(100)
    project.plans.submit(project.plan(HOURLY))
    assert project.run() is None
    pass_schedules(project.database, 30 * HOUR)
    assert project.run()["submitted"]
    assert "minutes late" in project.status().reason or project.status().reason.endswith("UTC")
    assert project.run() is None
    assert project.status().next_at > project.status().fired_at


def test_two_reasons_at_once_submit_one_after_the_other(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS, HOURLY))
    project.add(10)
    pass_schedules(project.database, HOUR)
    assert project.run()["submitted"]
    assert [project.run()["submitted"], project.run()] == [True, None]


def test_concurrent_checks_fire_once(project):
    project.add(100)
    project.plans.submit(project.plan(HOURLY))
    for _ in range(5):
        pass_schedules(project.database, HOUR)
        before, turns = project.status().fired_at, [project.turn(f"worker-{number}") for number in range(4)]
        assert [turn is not None for turn in turns] == [True, False, False, False]
        threads = [threading.Thread(target=project.looks.look, args=(turns[0],)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pass_duties(project.database, HOUR)
        assert project.status().fired_at != before
        assert project.run()["submitted"]
        assert project.run() is None


def test_a_check_that_lost_its_turn_fires_nothing(project):
    project.add(100)
    project.plans.submit(project.plan(HOURLY))
    pass_schedules(project.database, HOUR)
    slow = project.turn("slow")
    pass_duties(project.database, HOUR)
    assert project.turn("quick") is not None
    with pytest.raises(LeaseLost):
        project.looks.look(slow)
    assert project.lease() is None


def test_a_job_that_two_workers_run_submits_once(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS))
    project.add(10)
    project.look()
    lease = project.lease()
    assert project.handle(lease).result["submitted"]
    project.add(10)
    assert not project.handle(lease).result["submitted"]


def test_a_plan_that_waits_for_its_collection_is_submitted_when_it_comes(project):
    with pytest.raises(CollectionNotFound):
        project.plans.submit(project.plan())
    submitted = project.plans.submit(project.plan(ROWS))
    assert (submitted.queued, "no collection is called 'news'" in submitted.waits_for) == ((), True)
    assert project.status().next == "no collection is called 'news' yet"
    project.add(100)
    assert project.run()["submitted"]
    assert project.plans.status("topics").counts[JobState.QUEUED] == 1


def test_one_that_cannot_be_submitted_has_a_reason_and_is_not_retried_for_the_same_rows(project):
    project.plans.submit(project.plan(ROWS))
    project.backends.examples.add("news", [Example(f"the same {number}", "one label") for number in range(10)])
    project.look()
    lease = project.lease()
    with pytest.raises(DatasetInvalid, match="one class alone"):
        project.handle(lease)
    project.backends.queue.fail(lease, "it has one class alone", retry=False)
    assert project.status().problem == "it has one class alone"
    assert project.run() is None
    project.add(100)
    assert project.run()["submitted"]
    assert project.status().problem == ""


def test_a_plan_that_was_edited_keeps_the_triggers_that_are_the_same(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS, HOURLY))
    pass_schedules(project.database, HOUR)
    project.plans.submit(project.plan(HOURLY, {"examples": "news", "every": 20}, model="logistic"))
    assert [one.trigger for one in project.plans.trigger_status()] == [
        "schedule '0 * * * *' UTC",
        "every 20 new rows of 'news'",
    ]
    assert project.run()["submitted"]
    edited = project.plan(HOURLY, {"examples": "news", "every": 20}, model="logistic")
    assert not project.plans.status(edited).is_other_form
    project.plans.submit(project.plan())
    assert project.plans.trigger_status() == []


def test_cancelling_ends_triggers_and_what_has_fired_already(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS))
    project.add(10)
    project.look()
    project.plans.cancel("topics")
    assert project.run() == {"plan": "topics", "files": {}, "submitted": False}
    assert project.plans.status("topics").is_cancelled


def test_paused_ones_do_not_fire_and_make_up_for_it(project):
    project.add(100)
    project.plans.submit(project.plan(ROWS, HOURLY))
    assert project.plans.pause("topics")
    assert not project.plans.pause("topics")
    project.add(10)
    pass_schedules(project.database, HOUR)
    assert project.run() is None
    assert project.status().next.startswith("paused since")
    assert project.plans.resume("topics")
    assert project.run()["submitted"]
    with pytest.raises(PlanNotFound, match="has no triggers"):
        project.plans.pause("other")


def test_one_that_another_release_wrote_waits_for_it(project):
    project.add(100)
    project.plans.submit(project.plan(HOURLY))
    write_otherwise(project.database, "topics", '{"type": "moon"}')
    assert project.run() is None
    assert "another Argosy wrote it" in project.status().next


def test_a_zone_that_is_not_known_here_is_noted_and_stops_no_other(project):
    project.add(100)
    project.plans.submit(project.plan(HOURLY))
    project.plans.submit({**project.plan(ROWS), "name": "other"})
    far_away = ScheduleTrigger(CronSchedule("0 * * * *", "Mars/North"))
    write_otherwise(project.database, "topics", written_trigger(far_away))
    project.add(10)
    assert project.run()["plan"] == "other"
    assert "ZoneInfoNotFoundError" in project.plans.trigger_status("topics")[0].problem
    assert "Mars/North is not known here" in project.plans.trigger_status("topics")[0].next
