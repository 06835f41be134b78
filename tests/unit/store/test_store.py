"""The store: results, versions, aliases, the leaderboard."""

import msgspec
import pytest

from argosy.database.database import TextRefused
from argosy.errors import (
    AliasInvalid,
    ArtifactCorrupt,
    ModelNotFound,
    NothingToRollBack,
    UserMistake,
    VersionNotFound,
)
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained
from stored.messages import in_outbox
from stored.rows import add


@pytest.fixture
def store(database, tmp_path):
    return Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts"))


def result(label, accuracy=0.5, artifact="a" * 64, **more):
    metrics = {"validation": {"accuracy": {"value": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1}}}
    return Trained(
        label, {"model": label}, "digest", artifact, 10, metrics, {"labels": ["x"]}, 0.1, 1.0, {}, {}, **more
    )


def record(store, model, *labels):
    with store.database.write() as transaction:
        for label in labels:
            store.record(transaction, result(label))
            store.add_version(transaction, model, label)


def promote(store, model, *numbers, **more):
    with store.database.write() as transaction:
        return [store.promote(transaction, model, number, **more) for number in numbers]


def test_a_reason_with_a_nul_is_refused(store):
    record(store, "topics", "a")
    with pytest.raises(TextRefused, match=r"^reason has a NUL character") as refused:
        promote(store, "topics", 1, reason="it is\0better")
    assert isinstance(refused.value, UserMistake)
    assert store.stored_version("topics@1").aliases == ()


def rollback(store, model, **more):
    with store.database.write() as transaction:
        return store.rollback(transaction, model, **more)


def events(store):
    return [msgspec.json.decode(body) for body in in_outbox(store.database, "notifications")]


def test_a_result_comes_back_as_it_was(store):
    given = result("a", parent="b", log="it went well")
    with store.database.write() as transaction:
        assert store.record(transaction, given)
        now = transaction.now()
    found = store.trained("a")
    assert abs(found.trained_at - now) < 1
    assert {**vars(found), "trained_at": 0.0} == vars(given)
    assert [(event["event"], event["label"]) for event in events(store)] == [("definition_finished", "a")]
    with pytest.raises(VersionNotFound, match="'c'"):
        store.trained("c")


def test_a_label_keeps_its_first_result(store):
    with store.database.write() as transaction:
        assert store.record(transaction, result("a", 0.5))
        assert not store.record(transaction, result("a", 0.9))
        assert store.is_trained(transaction, "a")
        assert not store.is_trained(transaction, "b")
    assert store.trained("a").metrics["validation"]["accuracy"]["value"] == 0.5
    assert len(events(store)) == 1


def test_versions_are_numbered_per_model(store):
    record(store, "topics", "a", "b")
    record(store, "themes", "b")
    with store.database.write() as transaction:
        assert store.add_version(transaction, "topics", "a") == 1
    assert [(version.number, version.label) for version in store.versions("topics")] == [(1, "a"), (2, "b")]
    assert [(version.model, version.number) for version in store.all_versions()] == [
        ("themes", 1), ("topics", 1), ("topics", 2),
    ]  # fmt: skip
    assert store.models() == ["themes", "topics"]


def test_a_version_needs_a_result(store):
    from argosy.database import ConstraintViolated

    with pytest.raises(ConstraintViolated):  # noqa: SIM117  # the exception is the transaction's
        with store.database.write() as transaction:
            store.add_version(transaction, "topics", "never trained")
    assert store.models() == []


def test_references(store):
    record(store, "topics", "a", "b", "c")
    assert store.stored_version("topics").number == 3
    promote(store, "topics", 2)
    promote(store, "topics", 1, alias="canary")
    found = {
        name: store.stored_version(name).number for name in ("topics", "topics@champion", "topics:canary", "topics@3")
    }
    assert found == {"topics": 2, "topics@champion": 2, "topics:canary": 1, "topics@3": 3}
    assert store.stored_version("topics").reference == "topics@2"
    assert store.stored_version("topics:2").aliases == ("champion",)


@pytest.mark.parametrize(
    ("reference", "error", "message"),
    [
        ("topic", ModelNotFound, r"'topic' \(did you mean 'topics'\?\); there are: topics"),
        ("topics@4", VersionNotFound, r"'4'; versions: 1 to 2; aliases: champion"),
        ("topics@champoin", VersionNotFound, r"did you mean 'champion'\?"),
        ("topics@", VersionNotFound, "write MODEL, MODEL@NUMBER or MODEL@ALIAS"),
        ("@champion", VersionNotFound, "names no version"),
    ],
)
def test_an_unknown_reference_lists_the_known_ones(store, reference, error, message):
    record(store, "topics", "a", "b")
    promote(store, "topics", 1)
    with pytest.raises(error, match=message):
        store.stored_version(reference)


def test_moves_are_reported_with_their_evidence(store):
    record(store, "topics", "a", "b")
    assert promote(store, "topics", 1, by="ann", reason="the first") == [True]
    assert promote(store, "topics", 2, 2, by="gate", reason="better", evidence={"p": 0.01}) == [True, False]
    assert rollback(store, "topics", by="ben", reason="complaints") == 1
    reported = [
        (move.from_number, move.to_number, move.action, move.moved_by, move.reason, move.evidence)
        for move in store.history("topics")
    ]
    assert reported == [
        (None, 1, "promote", "ann", "the first", None),
        (1, 2, "promote", "gate", "better", {"p": 0.01}),
        (2, 1, "rollback", "ben", "complaints", None),
    ]
    moved = [event for event in events(store) if event["event"] == "alias_moved"]
    assert [(event["from_number"], event["to_number"]) for event in moved] == [(None, 1), (1, 2), (2, 1)]
    assert store.history("topics", "canary") == []


def test_what_cannot_be_promoted(store):
    record(store, "topics", "a")
    with pytest.raises(VersionNotFound, match="'2'; versions: 1; aliases: none"):
        promote(store, "topics", 2)
    with pytest.raises(ModelNotFound):
        promote(store, "themes", 1)
    for alias in ("1", "Champion", "", "a b", "a@b"):
        with pytest.raises(AliasInvalid):
            promote(store, "topics", 1, alias=alias)
    assert store.history("topics") == []


def test_a_rollback_undoes_one_promotion_at_a_time(store):
    record(store, "topics", "a", "b", "c")
    promote(store, "topics", 1, 2, 3, 1)
    assert [rollback(store, "topics") for _ in range(3)] == [3, 2, 1]
    with pytest.raises(NothingToRollBack, match="topics@champion has no earlier version"):
        rollback(store, "topics")
    promote(store, "topics", 3)
    assert rollback(store, "topics") == 1
    with pytest.raises(NothingToRollBack):
        rollback(store, "topics", alias="canary")


def test_an_artifact_is_compared_before_it_is_used(store, tmp_path):
    (tmp_path / "model").write_bytes(b"model")
    digest = store.artifacts.put(tmp_path / "model")
    with store.database.write() as transaction:
        store.record(transaction, result("a", artifact=digest))
        store.add_version(transaction, "topics", "a")
    path = store.path(store.stored_version("topics"))
    assert path.read_bytes() == b"model"
    path.chmod(0o644)
    path.write_bytes(b"modem")
    with pytest.raises(ArtifactCorrupt, match="train its definition again"):
        store.path(store.stored_version("topics"))


def test_the_leaderboard_is_everything_or_some_labels(store):
    record(store, "topics", "a")
    with store.database.write() as transaction:
        store.record(transaction, result("best", 0.9))
    promote(store, "topics", 1)
    assert [row.trained.label for row in store.leaderboard()] == ["best", "a"]
    (row,) = store.leaderboard(["a", "waiting"])
    assert (row.trained.label, row.versions[0].reference, row.versions[0].aliases) == ("a", "topics@1", ("champion",))
    assert store.leaderboard([]) == []


def test_what_is_recorded_is_reported_of_many_labels_at_once(store):
    record(store, "topics", "a")
    digest = store.trained("a").dataset_digest
    with store.database.read() as transaction:
        assert store.trained_among(transaction, ["a", "b"]) == {"a"}
        assert store.metrics(transaction, ["a", "b"]).keys() == {"a"}
        assert store.digests(transaction, "topics") == [digest]


def test_a_removed_alias_has_no_previous_version(store):
    record(store, "topics", "a", "b")
    promote(store, "topics", 1, 2)
    with store.database.write() as transaction:
        assert store.remove_alias(transaction, "topics", "champion") == 2
    assert store.stored_version("topics@2").aliases == ()
    assert [move.action for move in store.history("topics")] == ["promote", "promote", "remove"]
    promote(store, "topics", 1)
    with pytest.raises(NothingToRollBack):
        rollback(store, "topics")
    with pytest.raises(VersionNotFound, match="no alias"), store.database.write() as transaction:
        store.remove_alias(transaction, "topics", "2")


def test_places_on_the_leaderboard_are_no_aliases_and_old_ones_are_found(store):
    record(store, "topics", "a")
    for name in ("best", "proposed"):
        with pytest.raises(AliasInvalid, match="leaderboard"):
            promote(store, "topics", 1, alias=name)
    assert store.reserved_aliases() == []
    add(store.database, "aliases", model="topics", alias="best", number=1, moved_at=0)
    assert store.reserved_aliases() == [("topics", "best", 1)]
    with store.database.write() as transaction:
        assert store.remove_alias(transaction, "topics", "best") == 1
    assert store.reserved_aliases() == []
    with pytest.raises(VersionNotFound, match="a place on the leaderboard"):
        store.stored_version("topics@best")
