"""A source reports changes, with and without a notification; a failed read changes nothing."""

import threading
from contextlib import contextmanager
from queue import Queue

import pytest
from serving_doubles import aspire

from argosy.errors import DatabaseUnavailable
from argosy.serving.aspired_versions import ServedVersions
from argosy.serving.catalogue import StoreCatalogue
from argosy.serving.source import Source
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.testing.waiting import PATIENCE

NEVER = float("inf")


class Offers:
    """A catalogue of versions given by a test, which notifies when the test tells it to; a given error is raised."""

    def __init__(self, *offers):
        self.offers, self.news = list(offers), threading.Semaphore(0)

    def read(self):
        found = self.offers.pop(0) if len(self.offers) > 1 else self.offers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def wait(self, seconds):
        return self.news.acquire(timeout=seconds)


@contextmanager
def running(catalogue, poll_seconds):
    """A source, and a queue of its reports."""
    heard = Queue()
    source = Source(catalogue, heard.put, poll_seconds)
    source.start()
    yield heard
    source.stop()
    assert not any(thread.name == "argosy-source" for thread in threading.enumerate())


def test_only_changes_are_passed_on():
    heard = []
    source = Source(Offers([aspire([1])], [aspire([1])], [aspire([2])]), heard.append)
    assert [source.poll() for _ in range(3)] == [True, False, True]
    assert heard == [[aspire([1])], [aspire([2])]]


def test_an_unavailable_catalogue_changes_nothing():
    heard = []
    source = Source(Offers(DatabaseUnavailable("locked"), [aspire([1])]), heard.append)
    assert [source.poll(), source.poll()] == [False, True]
    assert heard == [[aspire([1])]]


def test_it_reads_after_a_notification():
    catalogue = Offers([aspire([1])], [aspire([2])])
    with running(catalogue, NEVER) as heard:
        assert heard.get(timeout=PATIENCE) == [aspire([1])]
        catalogue.news.release()
        assert heard.get(timeout=PATIENCE) == [aspire([2])]


def test_it_polls_without_a_notification():
    with running(Offers([aspire([1])], [aspire([2])]), 0.001) as heard:
        assert [heard.get(timeout=PATIENCE) for _ in range(2)] == [[aspire([1])], [aspire([2])]]


def test_a_wait_that_fails_is_no_end_of_it():
    class Away(Offers):
        def wait(self, seconds):
            raise DatabaseUnavailable("locked")

    with running(Away([aspire([1])], [aspire([2])]), 0.001) as heard:
        assert [heard.get(timeout=PATIENCE) for _ in range(2)] == [[aspire([1])], [aspire([2])]]


@pytest.mark.parametrize("open_database", ["sqlite", "postgresql"], indirect=True)
def test_a_move_in_another_process_is_noticed(open_database, tmp_path):
    served, other = (Store(open_database(), LocalArtifacts(f"file:{tmp_path}")) for _ in range(2))
    with other.database.write() as transaction:
        for label in ("a", "b"):
            other.record(transaction, Trained(label, {}, "d" * 64, "f" * 64, 1, {}, {}, 0.1, 1.0, {}, {}))
            other.add_version(transaction, "topics", label)
    catalogue = StoreCatalogue(served, {"topics": ServedVersions()})
    with running(catalogue, NEVER) as heard:
        assert [*heard.get(timeout=PATIENCE)[0].versions] == [2], "the newest, while there is no alias"
        for number in (1, 2):
            with other.database.write() as transaction:
                other.promote(transaction, "topics", number)
            assert heard.get(timeout=PATIENCE)[0].aliases == {"champion": number}
        with other.database.write() as transaction:
            other.remove_alias(transaction, "topics", "champion")
        assert heard.get(timeout=PATIENCE)[0].aliases == {}


def test_versions_are_read_only_where_some_changed(database, tmp_path, monkeypatch):
    store = Store(database, LocalArtifacts(f"file:{tmp_path}"))
    catalogue, read = StoreCatalogue(store, {}), []
    monkeypatch.setattr(store, "all_versions", lambda: read.append(1) or [])
    catalogue.read()
    catalogue.read()
    assert len(read) == 1
