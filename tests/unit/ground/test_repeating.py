"""When a transaction is repeated after a conflict, on every engine. See also the tests of PostgreSQL."""

import pytest

from argosy.database import in_transaction, repeating
from argosy.errors import DatabaseOutage, TransactionConflict


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(repeating, "FIRST_PAUSE", 0.0)


def attempts(database, error):
    """How often a function that always ends this way is called."""
    begun = []

    def end(_):
        begun.append("")
        raise error

    with pytest.raises(type(error), match=str(error)):
        in_transaction(database, end)
    return len(begun)


def test_what_meets_another_each_time_is_given_up(database):
    assert attempts(database, TransactionConflict("the database: dead-lock")) == repeating.ATTEMPTS


def test_another_outage_is_not_repeated(database):
    assert attempts(database, DatabaseOutage("the disk is full")) == 1


def test_nothing_begins_after_a_minute(database, monkeypatch):
    monkeypatch.setattr(repeating, "SECONDS", 0.0)
    assert attempts(database, TransactionConflict("the database: lock timeout")) == 1


def test_pauses_grow_and_differ(monkeypatch):
    monkeypatch.setattr(repeating, "FIRST_PAUSE", 0.02)
    assert repeating.pause_after(1, 0.0) == pytest.approx(0.01)
    assert repeating.pause_after(3, 0.5) == pytest.approx(0.08)
    assert repeating.pause_after(50, 1.0) == pytest.approx(1.5)
