"""The loop on real backends: champion, drift, corrections, challenger, gate, promotion or refusal."""

from __future__ import annotations

import random
import threading
from types import SimpleNamespace

import pytest

from argosy.app.plugins import REGISTRIES
from argosy.datasets.example import Example
from argosy.datasets.frozen import freeze, frozen_members
from argosy.datasets.split import TEST
from argosy.definitions import Definition, label
from argosy.errors import DatasetInvalid, ModelNotFound
from argosy.evaluation.gate import Policy
from argosy.feedback.gating import GateRequest, Gating, gate_job
from argosy.feedback.requests import Retrainings
from argosy.feedback.retraining import Retraining
from argosy.feedback.triggers import Schedule
from argosy.jobs.queue import Queue
from argosy.jobs.runner import run_worker
from argosy.jobs.submission import PlannedDefinition, Plans
from argosy.messaging.brokers.sql import SqlBroker
from argosy.predictions.feedback_log import FeedbackLog
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.training.shared_fits import SharedFits
from argosy.training.train_job import Trainer
from stored.rows import alter

from .conftest import NOON

WORDS = {
    "sport": ["goal", "match", "team", "league", "coach", "season", "player", "score"],
    "tech": ["chip", "code", "cloud", "server", "laptop", "network", "browser", "patch"],
}
DRIFTED = {"sport": ["esports", "stream", "arena", "patchnotes"], "tech": ["quantum", "qubit", "lattice", "anneal"]}
SPAN = {"name": "span", "options": {"collection": "news", "end": NOON, "training_ratio": 0.6}}
ALL = {"name": "all", "options": {"collection": "news", "training_ratio": 0.6}}
STRICT = Policy(confidence=0.9999)  # the default gate occasionally promotes a challenger that learned noise


def text(topic, words, seed):
    drawn = random.Random(seed)
    return " ".join(drawn.choices(words[topic], k=6)) + f" {seed}"


@pytest.fixture
def loop(project, tmp_path):
    """The project with a queue, a store and a worker that runs every queued job."""
    queue = Queue(project.database)
    store = Store(project.database, LocalArtifacts(f"file:{tmp_path}/artifacts"))
    plans = Plans(queue, store)
    broker = SqlBroker(project.database)
    fits = SharedFits(tmp_path, tmp_path)
    trainer = Trainer(project.database, project.vault, store, REGISTRIES, fits, tmp_path)

    def work(policy=None, **replaced):
        handlers = {
            "train": trainer.handle,
            "retrain": Retraining(project.database, plans, REGISTRIES, project.corrections, policy or Policy()),
            "gate": Gating(project.database, project.vault, store, policy or Policy()),
            **replaced,
        }
        return run_worker(queue, broker, handlers, "worker", threading.Event(), until=lambda: True)

    def train(dataset):
        definition = Definition.from_dict(
            {"dataset": dataset, "adapter": {"name": "tfidf"}, "model": {"name": "logistic"}}, REGISTRIES
        )
        with project.database.write() as transaction:
            frozen = freeze(transaction, definition.dataset, NOON)
            wanted = PlannedDefinition(label(definition, frozen.digest, {}), definition.to_dict(), frozen.digest)
            plans.submit(transaction, "topics", {}, [wanted])
        work()
        with project.database.write() as transaction:
            store.promote(transaction, "topics", 1, by="test")

    project.examples.add(
        "news",
        [Example(text(topic, WORDS, n), topic, seen_at=NOON - 10) for n in range(150) for topic in WORDS],
    )
    retrainings = Retrainings(queue, store, project.feedback)
    return SimpleNamespace(queue=queue, store=store, plans=plans, work=work, train=train, retrainings=retrainings)


@pytest.fixture
def drift(project, predict):
    """Drifted texts are predicted on (wrongly) and corrected, by the right label or by any."""

    def arrive(seeds, right=True, is_uniform=True):
        topics = [("sport", "tech")[n % 2] for n in seeds]
        ids = predict([(text(topic, DRIFTED, n), "tech", 0.5) for topic, n in zip(topics, seeds, strict=True)])
        drawn = random.Random(1)
        for one, topic in zip(ids, topics, strict=True):
            said = topic if right else drawn.choice(["sport", "tech"])
            project.feedback.add(one, "correction", said, "ann", is_uniform=is_uniform)
        return ids

    return arrive


def part_of(transaction, digest):
    """Each revision's part in a frozen dataset."""
    return dict(zip(*(column.tolist() for column in frozen_members(transaction, digest)), strict=True))


def champion(loop):
    return loop.store.stored_version("topics@champion").number


def test_corrections_train_a_challenger_that_the_gate_promotes(loop, drift):
    loop.train(SPAN)
    drift(range(200))
    asked = loop.retrainings.request("topics", "ann")
    assert loop.retrainings.under_way("topics").label == asked
    loop.work()
    progress = loop.retrainings.progress(asked)
    assert (progress.stage, progress.is_over, progress.promoted) == ("gate", True, True), progress
    assert champion(loop) == 2
    move = loop.store.history("topics")[-1]
    assert (move.moved_by, move.action, move.reason) == ("gate", "promote", progress.reason)
    assert move.evidence == progress.verdict.to_dict()
    assert progress.verdict.low > 0
    assert progress.verdict.rows >= 60
    trained = loop.store.trained(loop.store.stored_version("topics@2").label)
    assert trained.parent == loop.store.stored_version("topics@1").label
    assert trained.definition["dataset"]["options"]["end"] > NOON
    assert loop.retrainings.under_way("topics") is None
    assert [one.verdict.promote for one in loop.retrainings.judgements("topics")] == [True]
    assert loop.retrainings.refusals("topics") == []


def test_corrections_with_shuffled_labels_are_refused_and_it_is_recorded(loop, drift):
    loop.train(SPAN)
    drift(range(200), right=False)
    asked = loop.retrainings.request("topics", "ann")
    loop.work(STRICT)
    progress = loop.retrainings.progress(asked)
    assert (progress.stage, progress.promoted) == ("gate", False), progress
    assert champion(loop) == 1
    (refusal,) = loop.retrainings.refusals("topics")
    assert (refusal.champion, refusal.challenger, refusal.verdict) == (1, 2, progress.verdict)


def test_picked_corrections_do_not_measure(loop, drift):
    loop.train(SPAN)
    drift(range(200), is_uniform=False)
    asked = loop.retrainings.request("topics", "ann")
    loop.work()
    assert loop.retrainings.progress(asked).promoted is False
    assert "not drawn to measure" in loop.queue.get(loop.retrainings.progress(asked).job.label).result["left_out"]


def test_all_corrections_measure_under_such_a_policy(loop, drift):
    loop.train(SPAN)
    drift(range(200), is_uniform=False)
    asked = loop.retrainings.request("topics", "ann")
    loop.work(Policy(evidence="all"))
    assert loop.retrainings.progress(asked).promoted is True


def test_nothing_new_ends_the_job_with_a_reason(loop):
    loop.train(ALL)
    asked = loop.retrainings.request("topics", "ann")
    loop.work()
    progress = loop.retrainings.progress(asked)
    assert (progress.stage, progress.is_over, progress.promoted) == ("retrain", True, False)
    assert progress.reason == "topics: the training part has no example that the champion has not trained on"
    assert len(loop.store.versions("topics")) == 1


def test_a_challenger_that_was_refused_is_not_trained_again_on_the_same_rows(loop, drift):
    loop.train(SPAN)
    drift(range(200), right=False)
    loop.retrainings.request("topics", "ann")
    loop.work(STRICT)
    again = loop.retrainings.request("topics", "ann")
    loop.work()
    progress = loop.retrainings.progress(again)
    assert progress.reason == "topics: version 2 was trained on exactly these rows already"
    assert len(loop.store.versions("topics")) == 2


def test_two_requests_make_one_job(loop, drift):
    loop.train(SPAN)
    drift(range(20))
    assert loop.retrainings.request("topics", "ann") == loop.retrainings.request("topics", "bob")


def test_after_a_rollback_nothing_is_promoted_for_a_while(loop, project, drift):
    loop.train(SPAN)
    drift(range(200))
    loop.retrainings.request("topics", "ann")
    loop.work()
    with project.database.write() as transaction:
        loop.store.rollback(transaction, "topics", by="ann", reason="complaints")
    drift(range(200, 300))
    assert loop.retrainings.request_if_due("topics", Schedule(corrections=1)) is None
    asked = loop.retrainings.request("topics", "ann")
    loop.work()
    progress = loop.retrainings.progress(asked)
    assert progress.promoted is False
    assert progress.reason.startswith("held back for 3600 s after a rollback (better: ")
    assert champion(loop) == 1


def test_a_champion_that_was_moved_meanwhile_is_not_replaced(loop, project, drift):
    loop.train(SPAN)
    drift(range(200))
    loop.retrainings.request("topics", "ann")
    loop.work()
    assert champion(loop) == 2
    challenger = loop.store.stored_version("topics@1").label
    gate = gate_job(GateRequest("topics", challenger, 7))
    with project.database.write() as transaction:
        loop.queue.submit(transaction, gate["kind"], gate["label"], gate["payload"])
    loop.work()
    result = loop.queue.get(gate["label"]).result
    assert result["promoted"] is False
    assert "the champion is version 2 now, not 7" in result["verdict"]["reason"]


def test_a_promotion_overtaken_at_the_last_moment_is_decided_afresh(loop, project, drift):
    loop.train(SPAN)
    drift(range(200))
    loop.retrainings.request("topics", "ann")
    gating = Gating(project.database, project.vault, loop.store, Policy())

    def overtaken(job, guard):
        outcome = gating(job, guard)
        with project.database.write() as transaction:
            loop.store.promote(transaction, "topics", 2, by="somebody")
        return outcome

    tally = loop.work(gate=overtaken)
    assert (tally.done, tally.retried) == (2, 1)
    assert [move.moved_by for move in loop.store.history("topics")] == ["test", "somebody"]


def test_what_either_side_learned_from_does_not_measure(loop, project):
    loop.train(SPAN)
    other = {**SPAN, "options": {**SPAN["options"], "seed": 1}}
    loop.train(other)
    first, second = loop.store.versions("topics")
    gate = gate_job(GateRequest("topics", second.label, 1))
    digests = [loop.store.trained(one.label).dataset_digest for one in (first, second)]
    with project.database.write() as transaction:
        loop.queue.submit(transaction, gate["kind"], gate["label"], gate["payload"])
        mine, theirs = (part_of(transaction, digest) for digest in digests)
    loop.work()
    result = loop.queue.get(gate["label"]).result
    unseen = [one for one, part in theirs.items() if part == TEST and mine[one] == TEST]
    assert 0 < result["verdict"]["rows"] == len(unseen) < list(theirs.values()).count(TEST)
    assert result["left_out"].endswith(" rows that a side has trained on")
    assert result["promoted"] is False


def test_too_little_evidence_is_reported(loop, drift):
    loop.train(SPAN)
    drift(range(200))
    asked = loop.retrainings.request("topics", "ann")
    loop.work(Policy(minimum_rows=10_000))
    assert "too few to judge by, at least 10000 are needed" in loop.retrainings.progress(asked).reason


def test_triggers_count_only_what_came_since_the_last_time(loop, project, drift):
    loop.train(SPAN)
    schedule = Schedule(corrections=30)
    drift(range(29))
    project.log.count("topics")
    assert loop.retrainings.situation("topics").new_feedback == 29
    assert loop.retrainings.request_if_due("topics", schedule) is None
    drift(range(29, 60))
    project.log.count("topics")
    asked = loop.retrainings.request_if_due("topics", schedule)
    assert loop.queue.get(asked).payload["reason"] == "60 new pieces of feedback (the trigger is 30)"
    assert loop.retrainings.request_if_due("topics", schedule) is None
    loop.work()
    assert loop.retrainings.situation("topics").new_feedback == 0
    assert loop.retrainings.request_if_due("topics", schedule) is None
    assert loop.retrainings.request_if_due("topics", Schedule(every_seconds=0.0)) is not None


def test_a_clock_that_is_ahead_makes_nothing_new_again(loop, project, drift):
    loop.train(SPAN)
    ahead = FeedbackLog(project.database, project.vault, now=lambda: 2 * NOON)
    for one in drift(range(30)):
        ahead.add(one, "correction", "sport", "bob")
    project.log.count("topics")
    assert loop.retrainings.situation("topics").new_feedback == 60
    loop.retrainings.request("topics", "ann")
    assert loop.retrainings.situation("topics").new_feedback == 0


def test_a_chain_with_a_failed_training_ends_with_a_reason(loop, project, drift):
    loop.train(SPAN)
    drift(range(60))
    asked = loop.retrainings.request("topics", "ann")

    def broken(job, guard):
        raise DatasetInvalid("one class alone")

    loop.work(train=broken)
    progress = loop.retrainings.progress(asked)
    assert (progress.stage, progress.is_over, progress.promoted) == ("train", True, False)
    assert progress.reason == "one class alone"
    (end,) = loop.retrainings.came_to_nothing("topics")
    assert (end.reason, end.is_worrying) == ("one class alone", True)
    assert loop.retrainings.under_way("topics") is None


def test_a_model_without_a_champion_is_not_retrained(loop):
    with pytest.raises(ModelNotFound, match="no model is called 'topics'"):
        loop.retrainings.request("topics", "ann")


def test_a_retraining_whose_row_cannot_be_read_stops_no_other(project, loop, drift):
    loop.train(SPAN)
    broken = loop.retrainings.request("topics", by="ann")
    loop.work()
    alter(project.database, "jobs", {"label": broken}, payload="{")
    drift(range(1000, 1200))
    assert not loop.retrainings.situation("topics").is_under_way
    label = loop.retrainings.request("topics", by="ann")
    loop.work()
    assert loop.retrainings.progress(label).is_over
    assert [end for end in loop.retrainings.came_to_nothing("topics") if end.is_worrying] == []
