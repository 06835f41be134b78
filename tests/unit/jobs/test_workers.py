"""The list of workers, from their rows."""

import threading

import pytest

from argosy.errors import WorkerNotFound
from argosy.jobs.queue import Queue
from argosy.jobs.workers import RUN_BY, SILENT_SECONDS, Identity, Workers, at_place, own_identity
from argosy.processes import current_user
from argosy.testing.leases import leased
from argosy.testing.waiting import until
from stored.jobs import age_workers


@pytest.fixture
def workers(database):
    return Workers(database)


def test_run_by_is_recorded(monkeypatch):
    assert own_identity("one", {}).run_by == current_user()
    monkeypatch.setenv(RUN_BY, "ray")
    assert own_identity("one", {}).run_by == "ray"


def identity(name="one", **plugins):
    return Identity(name, "host", 4711, "ada", "1.0", {f"adapter.{key}": digest for key, digest in plugins.items()})


def names(workers):
    return [one.identity.name for one in workers.all()]


def test_a_worker_is_there_from_its_start_to_its_end(workers):
    with workers.present(identity()), workers.present(identity("other", mine="digest")):
        found = {one.identity.name: one for one in workers.all()}
        assert found["one"].identity == identity()
        assert found["other"].identity == identity("other", mine="digest")
        assert not found["one"].is_silent
        assert found["one"].runs == ""
    assert workers.all() == []


def test_it_has_its_plug_ins_and_the_files_of_its_machine(workers):
    workers.show_life(identity("one", mine="digest"))
    (found,) = workers.all()
    assert found.has({"adapter.mine": "digest", at_place("host:/srv"): ""})
    assert not found.has({at_place("elsewhere:/srv"): ""})


def test_it_is_shown_with_its_job(workers, database):
    queue = Queue(database)
    with database.write() as transaction:
        queue.submit(transaction, "train", "job", {})
    workers.show_life(identity())
    lease = leased(queue, "job", "one")
    (found,) = workers.all()
    assert (found.runs, found.runs_since) == ("job", queue.get("job").started_at)
    queue.finish(lease, {})
    assert workers.all()[0].runs == ""


def test_one_that_was_killed_is_silent_and_forgotten_after_a_day(workers, database):
    workers.show_life(identity())
    age_workers(database, SILENT_SECONDS + 1)
    assert [one.is_silent for one in workers.all()] == [True]
    workers.forget_silent()
    assert names(workers) == ["one"]
    workers.show_life(identity())
    assert [one.is_silent for one in workers.all()] == [False]
    age_workers(database, 86_401)
    workers.forget_silent()
    assert workers.all() == []


def test_some_or_all_are_drained(workers):
    for name in ("one", "two", "three"):
        workers.show_life(identity(name))
    assert workers.drain(["two"]) == ["two"]
    workers.show_life(identity("two"))
    assert [workers.is_draining(name) for name in ("one", "two", "three")] == [False, True, False]
    assert set(workers.drain()) == {"one", "two", "three"}
    assert all(one.is_draining for one in workers.all())
    with pytest.raises(WorkerNotFound, match="did you mean 'three'"):
        workers.drain(["two", "thre"])


def test_a_drained_worker_is_notified(workers):
    with workers.present(identity()) as drained:
        until(workers.all)
        assert not drained.is_set()
        workers.drain()
        until(drained.is_set)


def test_a_stopped_worker_is_interrupted(workers):
    interrupt = threading.Event()
    with workers.present(identity(), interrupt) as drained:
        until(workers.all)
        workers.drain()
        until(drained.is_set)
        assert not interrupt.is_set()
        workers.drain(at_once=True)
        workers.drain()  # takes nothing back
        until(interrupt.is_set)


def test_it_has_what_a_job_requires_or_not(workers):
    workers.show_life(identity(mine="digest"))
    (found,) = workers.all()
    assert found.has({})
    assert found.has({"adapter.mine": "digest"})
    assert found.has({"adapter.mine": ""}), "whatever its code is"
    assert not found.has({"adapter.mine": "another"})
    assert not found.has({"adapter.mine": "digest", "model.mine": "digest"})
