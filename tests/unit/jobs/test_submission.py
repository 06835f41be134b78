"""Plans: submitted together, submitted again, cancelled."""

import pytest

from argosy.errors import NothingToRetry, PlanNotFound
from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from argosy.jobs.submission import PlannedDefinition, Plans, models_of
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.testing.leases import leased


@pytest.fixture
def plans(database, tmp_path):
    return Plans(Queue(database), Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts")))


def submit(plans, plan, *labels, **more):
    with plans.queue.database.write() as transaction:
        return plans.submit(
            transaction, plan, {"name": plan, **more}, [PlannedDefinition(label, {"l": label}, "d") for label in labels]
        )


def add(plans, plan, label):
    with plans.queue.database.write() as transaction:
        return plans.add(
            transaction,
            plan,
            PlannedDefinition(label, {}, "d"),
            "parent",
            {"kind": "gate", "label": "gate", "payload": {}},
        )


def cancel(plans, plan):
    with plans.queue.database.write() as transaction:
        return plans.cancel(transaction, plan)


def retry(plans, plan, *labels):
    with plans.queue.database.write() as transaction:
        return plans.retry(transaction, plan, labels)


def train(plans, label, parent=None, accuracy=0.5):
    """Record, as a worker does, the result and a version for every model of the label."""

    measured = {"validation": {"accuracy": {"value": accuracy, "low": 0.0, "high": 1.0}}}

    def then(transaction):
        plans.store.record(transaction, Trained(label, {}, "d", "a", 1, measured, {}, 0.1, 1.0, {}, {}, parent))
        plans.stop_where_enough(transaction, label)
        for model in models_of(transaction, label):
            plans.store.add_version(transaction, model, label)

    plans.queue.finish(leased(plans.queue, label, "worker"), {}, then)


def counts(plans, plan):
    return {str(state): count for state, count in plans.status(plan).counts.items() if count}


def test_submitting_twice_trains_nothing_twice(plans):
    assert submit(plans, "topics", "a", "b").queued == ("a", "b")
    train(plans, "a")
    again = submit(plans, "topics", "a", "b", "c")
    assert (again.queued, again.waiting, again.trained, again.dropped) == (("c",), ("b",), ("a",), ())
    assert counts(plans, "topics") == {"queued": 2, "done": 1}
    assert plans.queue.get("a").token == 1
    assert plans.queue.get("b").payload == {"definition": {"l": "b"}, "dataset_digest": "d"}


def test_a_definition_of_two_plans_becomes_a_version_of_both(plans):
    submit(plans, "topics", "a")
    submit(plans, "themes", "a")
    train(plans, "a")
    assert submit(plans, "late", "a").trained == ("a",)
    for model in ("topics", "themes", "late"):
        assert [version.label for version in plans.store.versions(model)] == ["a"]
        assert plans.status(model).is_over


def test_what_a_newer_submission_leaves_out_is_dropped(plans):
    submit(plans, "topics", "a", "b", "c", "shared")
    submit(plans, "themes", "shared")
    leased(plans.queue, "b", "worker")
    assert submit(plans, "topics", "c").dropped == ("a",)
    assert plans.status("topics").total == 1
    assert plans.queue.get("a").state is JobState.CANCELLED
    assert plans.queue.get("b").state is JobState.RUNNING
    assert plans.queue.get("shared").state is JobState.QUEUED


def test_a_challenger_stays_when_its_plan_is_submitted_again(plans):
    submit(plans, "topics", "a")
    assert add(plans, "topics", "challenger")
    assert not add(plans, "topics", "challenger")
    assert submit(plans, "topics", "b").dropped == ("a",)
    assert plans.queue.get("challenger").payload["then"] == {"kind": "gate", "label": "gate", "payload": {}}
    train(plans, "challenger")
    assert plans.store.stored_version("topics").label == "challenger"


def test_waiting_for_a_submission_does_not_include_challengers(plans):
    submitted = submit(plans, "topics", "a")
    add(plans, "topics", "challenger")
    train(plans, "a")
    assert not plans.status("topics").is_over
    mine = plans.status("topics", submitted.queued)
    assert (mine.is_over, mine.total) == (True, 1)


def test_a_challenger_may_come_without_a_plan(plans):
    assert add(plans, "topics", "challenger")
    assert counts(plans, "topics") == {"queued": 1}


def test_cancelling_spares_what_another_plan_wants(plans):
    submit(plans, "topics", "a", "b", "c")
    submit(plans, "themes", "b")
    train(plans, "c")
    leased(plans.queue, "a", "worker")
    assert cancel(plans, "topics") == ["a"]
    assert plans.status("topics").is_cancelled
    assert counts(plans, "topics") == {"cancelled": 1, "queued": 1, "done": 1}
    assert cancel(plans, "themes") == ["b"]
    again = submit(plans, "topics", "a", "b", "c")
    assert (again.queued, again.trained) == (("a", "b"), ("c",))
    assert not plans.status("topics").is_cancelled


def test_the_status_shows_workers_jobs_and_failures(plans):
    with plans.queue.database.write() as transaction:
        wanted = [PlannedDefinition(label, {}, "d", {"plugin": "digest"} if label > "b" else {}) for label in "abcd"]
        plans.submit(transaction, "topics", {}, wanted)
    leased(plans.queue, "a", "worker-1")
    plans.queue.fail(leased(plans.queue, "b", "worker-2"), "it broke", "traceback", retry=False)
    status = plans.status("topics")
    assert [(job.label, job.owner) for job in status.running] == [("a", "worker-1")]
    assert [(job.label, job.error, job.traceback) for job in status.failed] == [("b", "it broke", "traceback")]
    assert status.lacking == {"plugin": 2}
    assert (status.total, status.is_over) == (4, False)


def test_an_unknown_plan_is_reported(plans):
    submit(plans, "topics", "a")
    for ask in (plans.status, lambda plan: cancel(plans, plan)):
        with pytest.raises(PlanNotFound, match=r"'topic' was submitted \(did you mean 'topics'\?\); there are: topics"):
            ask("topic")
    assert plans.names() == ["topics"]


def test_adding_what_is_trained_for_another_plan_makes_its_version_and_goes_on(plans):
    submit(plans, "topics", "a")
    train(plans, "a")
    then = {"kind": "gate", "label": "gate-a", "payload": {"model": "other"}}
    with plans.queue.database.write() as transaction:
        assert plans.add(transaction, "other", PlannedDefinition("a", {}, "d", {"adapter.mine": "f00d"}), None, then)
    assert [version.label for version in plans.store.versions("other")] == ["a"]
    assert plans.queue.get("gate-a").requires == {"adapter.mine": ""}


def test_a_cancelled_plan_gets_no_version(plans):
    submit(plans, "topics", "a")
    submit(plans, "other", "a")
    cancel(plans, "topics")
    train(plans, "a")
    assert plans.store.models() == ["other"]


def test_the_leaderboard_of_a_plan_keeps_its_earlier_forms_and_leaves_challengers_to_the_gate(plans):
    submit(plans, "topics", "a", "b")
    add(plans, "topics", "challenger")
    for label in ("a", "b"):
        train(plans, label)
    train(plans, "challenger", parent="a")
    submit(plans, "topics", "a", "waiting")
    assert [row.trained.label for row in plans.leaderboard("topics")] == ["a", "b"]
    with plans.queue.database.write() as transaction:
        plans.store.promote(transaction, "topics", 3)
    assert [row.trained.label for row in plans.leaderboard("topics")] == ["a", "b", "challenger"]
    with pytest.raises(PlanNotFound, match="did you mean 'topics'"):
        plans.leaderboard("topcis")


def test_a_plan_that_searches_is_ranked_by_what_it_searches_for(plans):
    wanted = [PlannedDefinition("a", {"name": "a"}, "digest")]
    with plans.queue.database.write() as transaction:
        plans.submit(transaction, "topics", {"search": {"metric": "log_loss"}}, wanted)
    train(plans, "a")
    assert [(row.trained.label, row.metric) for row in plans.leaderboard("topics")] == [("a", "log_loss")]


def test_an_earlier_form_of_a_plan_stays_in_sight(plans):
    submit(plans, "topics", "a", "b")
    train(plans, "a")
    assert plans.status("topics").replaced == ()
    submit(plans, "topics", "a", "b", "c")  # nothing was removed
    assert plans.status("topics").replaced == ()
    submit(plans, "topics", "c")
    (one,) = plans.status("topics").replaced
    assert (one.definitions, one.trained, one.is_same_plan) == (2, 1, True)
    assert one.submitted_at <= one.replaced_at
    assert plans.replaced_labels("topics") == {"a", "b"}
    with plans.queue.database.write() as transaction:
        plans.submit(transaction, "topics", {"other": 1}, [PlannedDefinition("a", {}, "d")])
    newest, oldest = plans.status("topics").replaced
    assert (newest.definitions, newest.is_same_plan, oldest.is_same_plan) == (1, False, False)
    assert plans.replaced_labels("topics") == {"b", "c"}


def stopping(plans, plan, *labels, reached=0.9):
    wanted = [PlannedDefinition(label, {"l": label}, "d") for label in labels]
    with plans.queue.database.write() as transaction:
        return plans.submit(transaction, plan, {"stop_when": {"reached": reached}}, wanted)


def test_a_plan_that_is_good_enough_tries_no_more(plans):
    stopping(plans, "topics", "a", "b", "c")
    submit(plans, "other", "c")
    train(plans, "a", accuracy=0.8)
    assert plans.status("topics").stopped == ""
    train(plans, "b", accuracy=0.9)
    assert counts(plans, "topics") == {"queued": 1, "done": 2}  # c belongs to another plan too
    cancel(plans, "other")
    stopping(plans, "third", "d", "e", "f")
    train(plans, "e", accuracy=0.95)
    found = plans.status("third")
    assert found.is_over
    assert found.stopped == "e has accuracy 0.9 or better; 2 not tried"


def test_a_plan_that_has_something_good_enough_already_queues_nothing(plans):
    submit(plans, "topics", "a")
    train(plans, "a", accuracy=0.95)
    done = stopping(plans, "topics", "a", "b")
    assert (done.queued, done.waiting, done.trained) == ((), (), ("a",))
    assert plans.status("topics").stopped == "a has accuracy 0.9 or better; 1 not tried"
    assert stopping(plans, "topics", "a", "b", reached=0.99).queued == ("b",)
    assert plans.status("topics").stopped == ""


def test_a_notebook_shows_where_a_plan_is(plans):
    submit(plans, "topics", "a")
    assert plans.status("topics")._repr_html_() == "<pre>Plan &#x27;topics&#x27;: 1 queued.</pre>"


def test_a_plans_limits_apply_to_each_of_its_jobs(plans):
    def limits():
        return {job.label: job.payload.get("limits") for job in plans.queue.jobs(kind="train")}

    submit(plans, "topics", "a", "b", limits={"memory": "2G", "seconds": 60})
    add(plans, "topics", "challenger")
    with plans.queue.database.write() as transaction:
        plans.widen(transaction, "topics", PlannedDefinition("trial", {}, "d"))
    first, second = {"memory": 2 << 30, "seconds": 60.0}, {"seconds": 90.0}
    assert limits() == {"a": first, "b": first, "challenger": first, "trial": first}
    submit(plans, "topics", "a", "c", limits={"seconds": 90})
    assert limits() == {"a": second, "b": first, "challenger": first, "trial": first, "c": second}
    submit(plans, "topics", "a")
    assert limits()["a"] is None


def test_what_failed_of_a_plan_is_queued_afresh(plans):
    submit(plans, "topics", "good", "bad", "worse", limits={"seconds": 5})
    for label in ("bad", "worse"):
        plans.queue.fail(leased(plans.queue, label), "broken", "its traceback", retry=False)
    train(plans, "good")
    before = plans.queue.get("bad")
    assert retry(plans, "topics", "bad") == ["bad"]
    assert counts(plans, "topics") == {"queued": 1, "failed": 1, "done": 1}
    after = plans.queue.get("bad")
    assert (after.payload, after.requires, after.fit, after.kind) == (
        before.payload,
        before.requires,
        before.fit,
        before.kind,
    )
    assert (after.failures, after.error, after.traceback) == (0, None, None)
    assert retry(plans, "topics") == ["worse"]
    assert retry(plans, "topics") == []


@pytest.mark.parametrize("label", ["good", "absent"])
def test_what_has_not_failed_is_not_retried(plans, label):
    submit(plans, "topics", "good", "bad")
    plans.queue.fail(leased(plans.queue, "bad"), "broken", retry=False)
    with pytest.raises(NothingToRetry, match=f"'{label}' of 'topics' has not failed"):
        retry(plans, "topics", "bad", label)
    assert counts(plans, "topics") == {"queued": 1, "failed": 1}


def test_a_cancelled_plan_is_submitted_again_and_not_retried(plans):
    submit(plans, "topics", "bad")
    plans.queue.fail(leased(plans.queue, "bad"), "broken", retry=False)
    cancel(plans, "topics")
    with pytest.raises(NothingToRetry, match="submit it again"):
        retry(plans, "topics")
    with pytest.raises(PlanNotFound):
        retry(plans, "absent")
