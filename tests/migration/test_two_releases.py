"""A newer Argosy changes the schema while an older one is running, on both engines."""

import threading
from contextlib import closing

import pytest

from argosy.app.backends import database as opened
from argosy.database import migrations
from argosy.errors import SchemaNewer
from argosy.jobs.queue import Queue
from argosy.jobs.runner import run_worker
from argosy.messaging.brokers.sql import SqlBroker
from argosy.testing.waiting import PATIENCE

OURS = migrations.newest_step()
BREAKING = "ALTER TABLE plans RENAME COLUMN source TO written_as"
ADDING = f"-- works with: {OURS}\nALTER TABLE plans ADD COLUMN colour TEXT"
PUT = "INSERT INTO plans (name, source, submitted_at) VALUES (:name, '', 0)"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """A URL and the folder of a database in use."""
    if request.param == "sqlite":
        return "sqlite:///argosy.db", tmp_path
    return request.getfixturevalue("migrated_postgresql_url"), tmp_path


@pytest.fixture
def older(place):
    with closing(opened(*place)) as database:
        put(database, "before")
        yield database


def put(database, name):
    with database.write() as transaction:
        transaction.execute(PUT, {"name": name})


@pytest.fixture
def upgrade(place, monkeypatch):
    """A newer Argosy, with one more schema step, opens the database."""

    def upgraded(step):
        steps = {**migrations.steps(), OURS + 1: step}
        with monkeypatch.context() as newer:
            newer.setattr(migrations, "steps", lambda: steps)
            opened(*place).close()

    return upgraded


def names(database):
    with database.read() as transaction:
        return [row[0] for row in transaction.execute("SELECT name FROM plans ORDER BY name")]


def test_an_older_release_continues_if_something_was_added(older, upgrade, place):
    upgrade(ADDING)
    put(older, "during")
    assert names(older) == ["before", "during"]
    with closing(opened(*place)) as restarted:
        put(restarted, "later")
    assert names(older) == ["before", "during", "later"]


def test_an_older_one_stops_where_it_must_know_the_change(older, upgrade, place):
    upgrade(BREAKING)
    expected = f"has schema {OURS + 1}, this Argosy knows up to {OURS}: upgrade with pip install -U argosy$"
    for action in (lambda: put(older, "after"), lambda: names(older), lambda: opened(*place)):
        with pytest.raises(SchemaNewer, match=expected):
            action()


def test_what_an_older_one_is_writing_is_written_first(older, upgrade):
    begun, is_over, ended = threading.Event(), threading.Event(), []

    def write():
        with older.write() as transaction:
            begun.set()
            is_over.wait(PATIENCE)
            transaction.execute(PUT, {"name": "during"})
        ended.append("written")

    def change():
        begun.wait(PATIENCE)
        upgrade(BREAKING)
        ended.append("upgraded")

    threads = [threading.Thread(target=action) for action in (write, change)]
    for thread in threads:
        thread.start()
    begun.wait(PATIENCE)
    is_over.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert ended == ["written", "upgraded"]


def test_an_older_worker_ends(older, upgrade):
    upgrade(BREAKING)
    with pytest.raises(SchemaNewer):
        run_worker(Queue(older), SqlBroker(older), {}, "a worker", threading.Event())
