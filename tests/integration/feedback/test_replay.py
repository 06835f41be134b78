"""A champion that turns out worse than its predecessor is rolled back; others stay."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from argosy import clock
from argosy.app.plugins import REGISTRIES
from argosy.datasets.example import Example
from argosy.datasets.frozen import freeze
from argosy.definitions import Definition, label
from argosy.errors import NothingToRollBack, VersionNotFound
from argosy.evaluation.gate import Policy
from argosy.feedback.labels import ConflictRule
from argosy.feedback.replay_requests import Replays
from argosy.feedback.replaying import Replaying
from argosy.feedback.triggers import is_cooling
from argosy.jobs.queue import Queue
from argosy.jobs.runner import run_worker
from argosy.jobs.submission import PlannedDefinition, Plans
from argosy.messaging.brokers.sql import SqlBroker
from argosy.predictions.feedback_log import Feedback
from argosy.predictions.giver import Giver
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.training.shared_fits import SharedFits
from argosy.training.train_job import Trainer

from .conftest import NOON

TEXTS = {"sport": "goal match team league", "tech": "chip code cloud server"}
WRONG = {"sport": "tech", "tech": "sport"}


def as_list(topic):
    """The topic as a stored list of labels."""
    return f'["{topic}"]'


@pytest.fixture
def are_lists(request):
    """Whether texts have lists of labels: only where a test says so."""
    return getattr(request, "param", False)


@pytest.fixture
def live(project, tmp_path, are_lists):
    """Two versions: the first learned the right labels, the second, champion now, swapped ones."""
    model = {"name": "one_vs_rest" if are_lists else "logistic"}
    queue, store = Queue(project.database), Store(project.database, LocalArtifacts(f"file:{tmp_path}/artifacts"))
    trainer = Trainer(project.database, project.vault, store, REGISTRIES, SharedFits(tmp_path, tmp_path), tmp_path)
    plans, rule = Plans(queue, store), ConflictRule()

    def work(policy=None, **replaced):
        replaying = Replaying(project.database, project.log, store, rule, policy or Policy())
        handlers = {"train": trainer.handle, "replay": replaying, **replaced}
        return run_worker(queue, SqlBroker(project.database), handlers, "worker", threading.Event(), until=lambda: True)

    for collection, said in (("right", lambda topic: topic), ("wrong", WRONG.get)):
        labels = {topic: as_list(said(topic)) if are_lists else said(topic) for topic in TEXTS}
        rows = [Example(f"{TEXTS[t]} {n}", labels[t], seen_at=NOON) for n in range(100) for t in TEXTS]
        project.examples.add(collection, rows)
        dataset = {"name": "all", "options": {"collection": collection}}
        definition = Definition.from_dict(
            {"dataset": dataset, "adapter": {"name": "tfidf"}, "model": model}, REGISTRIES
        )
        with project.database.write() as transaction:
            frozen = freeze(transaction, definition.dataset, NOON)
            wanted = PlannedDefinition(label(definition, frozen.digest, {}), definition.to_dict(), frozen.digest)
            plans.submit(transaction, "topics", {}, [wanted])
        work()
    for number in (1, 2):
        with project.database.write() as transaction:
            store.promote(transaction, "topics", number, by="test")
    replays = Replays(queue, store, rule, Policy())
    return SimpleNamespace(queue=queue, store=store, work=work, replays=replays)


@pytest.fixture
def answer(project, predict, are_lists):
    """The champion answers this many texts live, and is corrected."""

    def arrive(count, right=False, is_uniform=True, version=2, made_at=None):
        topics = [("sport", "tech")[n % 2] for n in range(count)]
        answers = [topic if right else WRONG[topic] for topic in topics]
        answers = [as_list(one) for one in answers] if are_lists else answers
        rows = [(TEXTS[topic], one, 0.9) for topic, one in zip(topics, answers, strict=True)]
        ids = predict(rows, version=version, made_at=made_at or clock.now())
        for one, topic in zip(ids, topics, strict=True):
            project.feedback.add(one, "correction", topic, "ann", is_uniform=is_uniform)
        project.log.count("topics")

    return arrive


def replayed(live, policy=None, **replaced):
    asked = live.replays.request("topics", "ann")
    live.work(policy, **replaced)
    return live.replays.outcome(asked)


def champion(live):
    return live.store.stored_version("topics@champion").number


@pytest.mark.parametrize("are_lists", [False, True], indirect=True, ids=["labels", "lists of labels"])
def test_a_worse_champion_is_rolled_back_with_its_evidence(live, project, answer):
    answer(70)
    found = replayed(live)
    assert (found.rolled_back, found.champion, found.previous) == (True, 2, 1), found
    assert (found.verdict.rows, found.interim_test, found.fresh_rows) == (60, 2, 70)
    assert (found.verdict.champion_accuracy, found.verdict.challenger_accuracy) == (0.0, 1.0)
    assert found.to_dict()["requested_by"] == "ann"
    assert champion(live) == 1
    move = live.store.history("topics")[-1]
    assert (move.moved_by, move.action, move.from_number, move.to_number) == ("replay", "rollback", 2, 1)
    assert move.evidence.items() >= found.verdict.to_dict().items()
    assert (move.evidence["previous"], move.evidence["interim_test"], move.evidence["fresh_rows"]) == (1, 2, 70)
    assert move.reason.startswith("version 1, replayed on the same inputs, is better: +100.0 points of accuracy on 60")
    with project.database.read() as transaction:
        assert is_cooling(move.moved_at, transaction.now(), Policy().cooldown_seconds)


def test_a_better_champion_stays(live, answer):
    answer(40, right=True)
    found = replayed(live)
    assert not found.rolled_back
    assert found.verdict.champion_accuracy == 1.0
    assert "topics" not in found.summary
    assert champion(live) == 2


def test_picked_corrections_cause_no_rollback(live, answer):
    answer(70, is_uniform=False)
    found = replayed(live)
    assert (found.rolled_back, found.fresh_rows) == (False, 0)
    assert found.verdict.reason == "0 fresh rows with feedback that measures: too few, at least 30 are needed"


def test_what_came_before_the_champion_or_from_another_version_is_not_fresh(live, answer):
    answer(40, made_at=NOON)
    answer(40, version=1)
    assert replayed(live).fresh_rows == 0


def test_in_the_cool_down_after_a_rollback_nothing_is_rolled_back(live, project, answer):
    with project.database.write() as transaction:
        live.store.promote(transaction, "topics", 1, by="test")
        live.store.promote(transaction, "topics", 2, by="test")
        live.store.promote(transaction, "topics", 1, by="test")
        live.store.rollback(transaction, "topics", by="ann")
    answer(70)
    assert live.replays.request_if_due("topics") is None
    found = replayed(live)
    assert not found.rolled_back
    assert found.verdict.reason.startswith("within 3600 s of a rollback there is no other (better: ")
    assert champion(live) == 2
    assert replayed(live, Policy(cooldown_seconds=0.0)).rolled_back


def test_the_schedule_submits_once_per_interim_test(live, answer):
    assert live.replays.request_if_due("topics") is None
    answer(30, right=True)
    asked = live.replays.request_if_due("topics")
    assert live.queue.get(asked).payload["reason"] == "30 fresh rows to measure by (interim test 1)"
    assert live.replays.request_if_due("topics") is None
    assert live.replays.outcome(asked) is None
    live.work()
    assert live.replays.outcome(asked).interim_test == 1
    assert live.replays.request_if_due("topics") is None
    answer(29, right=True)
    assert live.replays.request_if_due("topics") is None
    answer(1, right=True)
    assert live.replays.request_if_due("topics") is not None


def test_two_requests_make_one_job(live, answer):
    assert live.replays.request("topics", "ann") == live.replays.request("topics", "bob")


def test_a_champion_moved_meanwhile_is_left_alone(live, project, answer):
    answer(70)
    asked = live.replays.request("topics", "ann")
    with project.database.write() as transaction:
        live.store.rollback(transaction, "topics", by="ann")
    live.work()
    found = live.replays.outcome(asked)
    assert not found.rolled_back
    assert "the champion was moved since this was asked for" in found.verdict.reason
    assert champion(live) == 1


def test_a_champion_moved_at_the_last_moment_is_left_alone(live, project, answer):
    answer(70)
    replaying = Replaying(project.database, project.log, live.store, ConflictRule(), Policy())

    def overtaken(job, guard):
        outcome = replaying(job, guard)
        if champion(live) == 2:
            with project.database.write() as transaction:
                live.store.rollback(transaction, "topics", by="ann")
        return outcome

    asked = live.replays.request("topics", "ann")
    tally = live.work(replay=overtaken)
    assert tally.retried == 1
    assert live.replays.outcome(asked) is None
    assert [move.moved_by for move in live.store.history("topics")] == ["test", "test", "ann"]


def test_a_model_with_nothing_before_its_champion_is_refused(live, project):
    with project.database.write() as transaction:
        live.store.rollback(transaction, "topics", by="ann")
    with pytest.raises(NothingToRollBack, match="has no earlier version"):
        live.replays.request("topics", "ann")
    assert live.replays.request_if_due("topics") is None
    with project.database.write() as transaction:
        live.store.remove_alias(transaction, "topics", "champion")
    with pytest.raises(VersionNotFound):
        live.replays.request("topics", "ann")


def test_a_much_worse_champion_is_rolled_back_at_the_first_interim_test(live, answer):
    answer(30)
    found = replayed(live)
    assert (found.rolled_back, found.interim_test, found.fresh_rows) == (True, 1, 30)
    assert champion(live) == 1


def test_a_token_with_many_positive_outcomes_does_not_prevent_a_rollback(live, project, predict, answer):
    rows = [(TEXTS[topic], WRONG[topic], 0.9) for topic in ("sport", "tech") * 100]
    flood = [
        Feedback(one, "outcome", said, "shop")
        for one, (_, said, _) in zip(predict(rows, version=2, made_at=clock.now()), rows, strict=True)
    ]
    answer(60)
    project.feedback.add_many(flood, Giver("shop", "shop", ("outcome",), needs_draw=True))
    found = replayed(live)
    assert (found.fresh_rows, found.interim_test, found.rolled_back) == (120, 3, True), (
        "half of the rows are the token's"
    )
    assert (found.verdict.only_champion_right, found.verdict.only_challenger_right) == (0, 60)
    assert "its rows left out since the token 'shop' contradicts the champion in 0% of its rows" in found.verdict.reason
