"""A champion that fails is rolled back, by one server, and only the promotion that was seen."""

import pytest
from serving_doubles import Loading

from argosy.definitions.project import RollbackSettings
from argosy.serving.catalogue import StoreCatalogue
from argosy.serving.champion_watch import KEPT, ChampionWatch
from argosy.serving.manager import Manager
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained

SETTINGS = RollbackSettings(errors=0.01, minimum_requests=100)


@pytest.fixture
def store(database, tmp_path):
    made = Store(database, LocalArtifacts(f"file:{tmp_path}"))
    with database.write() as transaction:
        for label in ("first", "second", "third"):
            trained = Trained(label, {}, "d" * 64, label, 1, {}, {}, 0.1, 1.0, {}, {})
            made.record(transaction, trained)
            made.add_version(transaction, "topics", label)
    return made


class Server:
    """A manager of the store's versions, and its watch."""

    def __init__(self, store):
        self.manager = Manager(Loading())
        self._catalogue = StoreCatalogue(store, {})
        self.watch = ChampionWatch(lambda: self.manager.routing, store, SETTINGS)

    def follow(self):
        """Serve what the store says, and look once."""
        self.manager.aspire(self._catalogue.read())
        while self.manager.step():
            pass
        self.watch.step()

    def ask(self, answered, failed=0):
        statistics = self.manager.routing.find("topics", None).statistics
        for _ in range(answered):
            statistics.answered(1, 0.001, 1.0)
        for _ in range(failed):
            statistics.failed(0.001, 1, 1)
        self.watch.step()


def promote(store, number):
    with store.database.write() as transaction:
        store.promote(transaction, "topics", number, by="ann", reason="better")


def champion(store):
    return next(one.number for one in store.versions("topics") if "champion" in one.aliases)


@pytest.fixture
def promoted(store):
    """Servers that have seen version 2 take over from version 1, each after 500 answers of that."""
    servers = [Server(store), Server(store)]
    promote(store, 1)
    for server in servers:
        server.follow()
        server.ask(500)
    promote(store, 2)
    for server in servers:
        server.follow()
    return servers


def test_a_champion_that_fails_more_often_is_rolled_back_once(store, promoted):
    for server in promoted:
        server.ask(80, 20)
    assert champion(store) == 1
    moves = store.history("topics")
    [last] = [one for one in moves if one.action == "rollback"]
    assert (last.from_number, last.to_number, last.moved_by) == (2, 1, "server")
    assert last.reason.startswith("20 of 100 requests failed since its promotion, 0 of 500 with the version before")


def test_nothing_is_tested_before_there_are_enough_requests(store, promoted):
    promoted[0].ask(0, 99)
    assert champion(store) == 2
    promoted[0].ask(0, 1)
    assert champion(store) == 1


def test_a_champion_that_fails_as_seldom_stays(store, promoted):
    promoted[0].ask(1000)
    assert champion(store) == 2


def test_a_promotion_that_was_followed_by_another_is_not_taken_back(store, promoted):
    promote(store, 3)
    promoted[0].ask(0, 200)
    assert champion(store) == 3


def test_a_rollback_is_not_rolled_back(store, promoted):
    promoted[0].ask(80, 20)
    promoted[0].follow()
    promoted[0].ask(0, 200)
    assert champion(store) == 1


def test_a_champion_from_before_the_server_started_stays(store):
    promote(store, 1)
    promote(store, 2)
    server = Server(store)
    server.follow()
    server.ask(0, 1000)
    assert champion(store) == 2


def test_a_champion_is_counted_on_after_it_is_unloaded(store, promoted):
    """Another process may have no other count of it; of a version that is champion again all counts are kept."""
    watch = promoted[0].watch
    assert [(one.version, one.statistics.tally().answered) for one in watch.champions()] == [(1, 500), (2, 0)]
    for number in (3, 1):
        promote(store, number)
        promoted[0].follow()
    assert [(one.version, one.statistics.tally().answered) for one in watch.champions()] == [(2, 0), (3, 0), (1, 500)]


def test_as_many_champions_are_kept_however_often_they_change(store, promoted):
    for number in (3, 1, 2) * 5:
        promote(store, number)
        promoted[0].follow()
    kept = promoted[0].watch.champions()
    assert sorted(one.version for one in kept) == [1, 2, 3]
    assert len(kept) <= KEPT
