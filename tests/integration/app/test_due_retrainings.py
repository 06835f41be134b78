"""What `argosy up` logs about retrainings that are due and wait, and about those without a result."""

import logging
import threading

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.app.working import work
from argosy.clock import format_time
from argosy.feedback.due import request_due_retrainings
from argosy.feedback.upkeep import Upkeep, decisions
from argosy.jobs.job import JobState
from servers.rabbitmq import free_ports

SETTINGS = "name: notes\ngate: {cooldown_seconds: 3600}\nretrain: {every_seconds: 0.001}\n"
PLAN = {
    "name": "notes",
    "dataset": {"name": "all"},
    "adapter": {"name": "hashing", "options": {"buckets": 64}},
    "model": [{"name": "naive_bayes"}, {"name": "nearest_centroid"}],
}


@pytest.fixture
def project(tmp_path):
    """Version 2 was promoted over version 1."""
    create_project(tmp_path / "notes")
    (tmp_path / "notes" / "argosy.yaml").write_text(SETTINGS)
    opened = argosy.open(tmp_path / "notes")
    opened.examples.add([(f"{word} note {n} of {word}", word) for n in range(40) for word in ("red", "green")])
    opened.plans.submit(PLAN)
    work(opened.backends, threading.Event(), until=lambda: opened.plans.status("notes").is_over)
    opened.models.promote("notes@1")
    opened.models.promote("notes@2")
    yield opened
    opened.close()


def test_a_retraining_that_waits_for_the_cool_down_is_logged_once(project, caplog):
    project.models.rollback("notes")
    ends_at = format_time(round(project.models.history("notes")[0].moved_at + 3600))
    caplog.set_level(logging.INFO, "argosy.up")
    waiting = {}
    for _ in range(3):
        assert request_due_retrainings(project.backends, waiting) == []
    (line,) = [record.getMessage() for record in caplog.records if record.name == "argosy.up"]
    assert line.startswith("notes: a retraining is due, ")
    assert line.endswith(f"; it waits for the end of the cool-down after a rollback, at {ends_at}")
    assert project.queue.jobs("retrain") == []


def test_a_retraining_that_finds_nothing_new_is_logged(project):
    (label,) = request_due_retrainings(project.backends)
    work(project.backends, threading.Event(), until=lambda: True)
    ended = project.queue.get(label)
    assert ended.state is JobState.DONE
    assert decisions(project.backends) == {
        (ended.finished_at, logging.INFO, f"notes: the retraining made no challenger: {ended.result['refused']}")
    }


def test_a_cancelled_retraining_is_logged(project):
    (label,) = request_due_retrainings(project.backends)
    with project.database.write() as transaction:
        project.queue.cancel(transaction, label)
    ((_, level, text),) = decisions(project.backends)
    assert (level, text) == (logging.INFO, f"notes: the retraining made no challenger: the job {label} was cancelled")


def test_an_outage_of_the_database_is_waited_out_and_logged_once(relayed_postgresql, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ARGOSY_DATABASE", relayed_postgresql.url)
    create_project(tmp_path / "notes")
    with argosy.open(tmp_path / "notes") as opened:
        upkeep = Upkeep(opened.backends)
        target, relayed_postgresql.target = relayed_postgresql.target, ("127.0.0.1", free_ports(1)[0])
        assert relayed_postgresql.cut() >= 1
        for _ in range(3):
            upkeep.step()
        assert [record.getMessage().count("trying again") for record in caplog.records] == [1]
        relayed_postgresql.target = target
        upkeep.step()
        caplog.clear()
        relayed_postgresql.target = ("127.0.0.1", free_ports(1)[0])
        relayed_postgresql.cut()
        upkeep.step()
        assert len(caplog.records) == 1
        relayed_postgresql.target = target
