"""Decisions of versions: numbered revisions, the last one in force; a retrained version begins with its parent's."""

import pytest

from argosy.errors import DecisionsInvalid, RowUnreadable
from argosy.models.decisions import AbstainStep, BiasStep, ClampStep
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.decided import decision_history, put_decisions
from argosy.store.store import Store
from argosy.store.trained import Trained
from stored.rows import add


@pytest.fixture
def store(database, tmp_path):
    return Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts"))


def record(store, model, label, parent=None):
    trained = Trained(label, {}, "digest", "a" * 64, 10, {}, {}, 0.1, 1.0, {}, {}, parent)
    with store.database.write() as transaction:
        store.record(transaction, trained)
        return store.add_version(transaction, model, label)


def decide(store, *steps, number=1, reason=""):
    with store.database.write() as transaction:
        return put_decisions(transaction, "demand", number, steps, by="eva", reason=reason)


def history(store, number=1):
    with store.database.read() as transaction:
        return decision_history(transaction, "demand", number)


def test_every_change_is_a_revision_and_the_last_is_in_force(store):
    record(store, "demand", "a")
    assert store.stored_version("demand@1").decisions.revision == 0
    before = store.count_changes()
    decide(store, ClampStep(0, 60), reason="the array holds 60")
    decide(store, ClampStep(0, 60), BiasStep(1.5))
    decide(store)
    assert store.count_changes() != before
    found = history(store)
    assert [one.revision for one in found] == [1, 2, 3]
    assert [one.steps for one in found] == [(ClampStep(0, 60),), (BiasStep(1.5), ClampStep(0, 60)), ()]
    assert (found[0].decided_by, found[0].reason) == ("eva", "the array holds 60")
    assert [one.decided_at for one in found] == sorted(one.decided_at for one in found)
    for version in (store.stored_version("demand@1"), *store.all_versions()):
        assert (version.decisions.revision, version.decisions.steps) == (3, ())


def test_the_same_steps_again_are_no_change(store):
    record(store, "demand", "a")
    first = decide(store, ClampStep(0, 60))
    assert decide(store, ClampStep(0, 60)) == first
    assert len(history(store)) == 1


def test_decisions_are_of_one_version_of_one_model(store):
    record(store, "demand", "a")
    record(store, "demand", "b")
    record(store, "other", "a")
    decide(store, ClampStep(0, 60))
    assert [one.reference for one in store.all_versions() if one.decisions.steps] == ["demand@1"]


def test_a_retrained_version_has_its_parents_decisions_without_the_bias(store):
    record(store, "demand", "a")
    decide(store, BiasStep(1.5, 120, 1.0, 2.0), ClampStep(0, 60))
    number = record(store, "demand", "b", parent="a")
    assert store.stored_version(f"demand@{number}").decisions.steps == (ClampStep(0, 60),)
    [revision] = history(store, number)
    assert revision.reason == "as those of its parent demand@1"
    assert record(store, "other", "b", parent="a") == 1
    assert store.stored_version("other@1").decisions.revision == 0


def test_a_version_without_decisions_leaves_its_successor_none(store):
    record(store, "demand", "a")
    number = record(store, "demand", "b", parent="a")
    assert history(store, number) == []


def test_what_cannot_be_applied_is_not_stored(store):
    record(store, "demand", "a")
    with pytest.raises(DecisionsInvalid):
        decide(store, AbstainStep(7))
    with pytest.raises(DecisionsInvalid, match="a reason has at most"):
        decide(store, ClampStep(0, 1), reason="x" * 1001)
    assert history(store) == []


def test_a_damaged_row_is_named(store):
    record(store, "demand", "a")
    row = {"model": "demand", "number": 1, "revision": 1, "steps": '[{"step": "double"}]'}
    add(store.database, "decisions", **row, decided_at=1.0, decided_by="", reason="")
    with pytest.raises(RowUnreadable, match="'demand@1' of the table 'decisions' cannot be read"):
        store.all_versions()
