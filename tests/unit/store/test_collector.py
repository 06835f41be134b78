"""The collector: unreferenced artifacts are removed when they are old, and no result loses its artifact."""

import os

import pytest

from argosy import clock
from argosy.errors import ArtifactCollected, ArtifactsUnavailable
from argosy.store import removals
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.collector import EVERY_SECONDS, ORPHAN_SECONDS, Collector, collect
from argosy.store.store import Store
from argosy.store.trained import Trained
from stored.rows import count

NOON = 1_700_000_000.0


@pytest.fixture
def store(database, tmp_path):
    return Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts"))


def put(store, tmp_path, content, age):
    source = tmp_path / "source"
    source.write_bytes(content)
    digest = store.artifacts.put(source)
    os.utime(store.artifacts.path(digest), (NOON - age, NOON - age))
    return digest


def record(store, label, artifact):
    with store.database.write() as transaction:
        store.record(transaction, Trained(label, {}, "digest", artifact, 1, {}, {}, 0.1, 1.0, {}, {}))


def test_artifacts_of_dead_workers_are_removed_and_referenced_ones_stay(store, tmp_path):
    kept, orphan = put(store, tmp_path, b"kept", 9000), put(store, tmp_path, b"orphan", 9000)
    record(store, "one", kept)
    assert collect(store.database, store.artifacts, NOON) == [orphan]
    assert [one.digest for one in store.artifacts.list_artifacts()] == [kept]
    assert collect(store.database, store.artifacts, NOON) == []


@pytest.mark.parametrize(("age", "goes"), [(ORPHAN_SECONDS - 1, False), (ORPHAN_SECONDS, True)])
def test_a_young_one_may_be_about_to_be_recorded(store, tmp_path, age, goes):
    put(store, tmp_path, b"orphan", age)
    assert bool(collect(store.database, store.artifacts, NOON)) is goes


def test_putting_an_artifact_again_renews_its_age(store, tmp_path):
    put(store, tmp_path, b"orphan", 9000)
    digest = store.artifacts.put(tmp_path / "source")
    assert collect(store.database, store.artifacts, store.artifacts.path(digest).stat().st_mtime + 1) == []


def test_a_result_recorded_after_the_listing_keeps_its_artifact(store, tmp_path):
    digest = put(store, tmp_path, b"late", 9000)

    class Late:
        """The store's artifacts, whose result is recorded while they are being listed."""

        def list_artifacts(self):
            yield from store.artifacts.list_artifacts()
            record(store, "late", digest)

        def delete(self, digest):
            return store.artifacts.delete(digest)

    assert collect(store.database, Late(), NOON) == []
    assert store.artifacts.exists(digest)


def recorded(store, put):
    with store.database.write() as transaction:
        artifact = Trained("late", {}, "digest", put.digest, 1, {}, {}, 0.1, 1.0, {}, {})
        return store.record(transaction, artifact, put)


def test_a_result_is_refused_whose_artifact_went_since_it_was_put(store, tmp_path):
    (tmp_path / "source").write_bytes(b"late")
    put = store.put_artifact(tmp_path / "source")
    assert collect(store.database, store.artifacts, clock.now() + 1, age=0.0) == [put.digest]
    with pytest.raises(ArtifactCollected):
        recorded(store, put)
    assert recorded(store, store.put_artifact(tmp_path / "source"))
    assert collect(store.database, store.artifacts, clock.now() + 1, age=0.0) == []


def test_a_result_is_refused_if_its_artifact_was_put_during_its_removal(store, tmp_path):
    (tmp_path / "source").write_bytes(b"late")
    digest = store.put_artifact(tmp_path / "source").digest
    puts = []

    class Slow(Spy):
        def delete(self, digest):
            puts.append(store.put_artifact(tmp_path / "source"))
            return super().delete(digest)

    assert collect(store.database, Slow(store), clock.now() + 1, age=0.0) == [digest]
    with pytest.raises(ArtifactCollected):
        recorded(store, puts[0])


class Spy:
    """The store's artifacts, which must not be called while this thread has an open transaction."""

    def __init__(self, store):
        self.store = store

    def list_artifacts(self):
        with self.store.database.read():
            yield from self.store.artifacts.list_artifacts()

    def delete(self, digest):
        with self.store.database.write():
            return self.store.artifacts.delete(digest)


def test_what_a_collector_began_that_died_is_ended(store, tmp_path, monkeypatch):
    (tmp_path / "source").write_bytes(b"orphan")
    put = store.put_artifact(tmp_path / "source")

    class Dying(Spy):
        def delete(self, digest):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(store.database, Dying(store), clock.now() + 1, age=0.0)
    assert store.artifacts.exists(put.digest)
    with pytest.raises(ArtifactCollected):
        recorded(store, put)
    monkeypatch.setattr(removals, "PATIENCE", -1.0)
    monkeypatch.setattr(removals, "KEPT_SECONDS", -1.0)
    collect(store.database, store.artifacts, NOON)
    assert not store.artifacts.exists(put.digest)
    assert recorded(store, store.put_artifact(tmp_path / "source"))
    collect(store.database, store.artifacts, NOON)
    assert count(store.database, "artifact_removals") == 0


def test_an_empty_store_has_nothing_to_collect(store):
    assert collect(store.database, store.artifacts, NOON, 0.0) == []


def test_idle_workers_collect_now_and_then(store, tmp_path):
    collector = Collector(store.database, store.artifacts)
    first = put(store, tmp_path, b"first", 9000)
    assert collector.collect_if_due(5.0, NOON) == [first]
    second = put(store, tmp_path, b"second", 9000)
    assert collector.collect_if_due(5.0 + EVERY_SECONDS - 1, NOON) == []
    assert collector.collect_if_due(5.0 + EVERY_SECONDS, NOON) == [second]


def test_an_invalid_artifact_is_left_and_stops_nothing(store, tmp_path):
    orphan = put(store, tmp_path, b"orphan", 9000)
    other = store.artifacts.path(orphan).with_name(".DS_Store")
    other.touch()
    os.utime(other, (NOON - 9000, NOON - 9000))
    assert collect(store.database, store.artifacts, NOON) == [orphan]
    assert other.exists()


def test_a_removal_of_an_invalid_artifact_is_over(store, monkeypatch):
    with store.database.write() as transaction:
        removals.begin_removal(transaction, ".DS_Store")
    monkeypatch.setattr(removals, "PATIENCE", -1.0)
    monkeypatch.setattr(removals, "KEPT_SECONDS", -1.0)
    for _ in range(2):
        assert collect(store.database, store.artifacts, NOON) == []
    assert count(store.database, "artifact_removals") == 0


@pytest.mark.parametrize("error", [PermissionError(13, "not now"), ArtifactsUnavailable("s3://b: not now")])
def test_an_unavailable_store_does_not_stop_a_worker(store, error):
    class Away:
        def list_artifacts(self):
            raise error

    assert Collector(store.database, Away()).collect_if_due(0.0, NOON) == []
