"""`best` and `proposed`: among versions whose figures are comparable with the champion's."""

import pytest

from argosy.errors import VersionNotFound
from argosy.jobs.queue import Queue
from argosy.jobs.selection import resolve_version
from argosy.jobs.submission import Plans
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained
from stored.rows import add, count


@pytest.fixture
def plans(database, tmp_path):
    return Plans(Queue(database), Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts")))


@pytest.fixture
def train(plans, database):
    """A result on rows of a collection as the next version of the model `topics`: train("a", "news", 0.5, at=1.0)."""

    def trained(label, collection, accuracy, at, digest=""):
        digest = digest or f"rows of {collection}"
        measured = {"validation": {"accuracy": {"value": accuracy, "low": 0.0, "high": 1.0}}}
        if not count(database, "datasets", digest=digest):
            frozen = {"cut": "{}", "members": b"", "row_count": 0, "counts": "{}", "frozen_at": at}
            add(database, "datasets", digest=digest, collection=collection, **frozen)
        with database.write() as transaction:
            result = Trained(label, {}, digest, "a", 1, measured, {}, 0.1, 1.0, {}, {}, trained_at=at)
            plans.store.record(transaction, result)
            plans.store.add_version(transaction, "topics", label)

    return trained


def promote(plans, number):
    with plans.queue.database.write() as transaction:
        plans.store.promote(transaction, "topics", number)


def chosen(plans, place="best"):
    return resolve_version(plans, f"topics@{place}").label


@pytest.mark.parametrize("place", ["best", "proposed"])
def test_newer_rows_of_another_collection_are_passed_over(plans, train, place):
    train("poor", "news", 0.5, at=1.0)
    train("good", "news", 0.8, at=2.0)
    train("other", "tickets", 0.9, at=3.0)
    promote(plans, 1)
    assert chosen(plans, place) == "good"
    promote(plans, 3)
    assert chosen(plans, place) == "other"


def test_of_one_collection_the_newest_rows_count(plans, train):
    train("old", "news", 0.9, at=1.0)
    train("new", "news", 0.5, at=2.0, digest="newer rows")
    assert chosen(plans) == "new"
    promote(plans, 1)
    assert chosen(plans) == "new"


def test_without_a_champion_two_collections_leave_the_choice_to_the_user(plans, train):
    train("one", "news", 0.5, at=1.0)
    train("two", "tickets", 0.9, at=2.0)
    with pytest.raises(VersionNotFound, match=r"measured on 'news' and 'tickets', .* do not compare: name a number"):
        chosen(plans)
