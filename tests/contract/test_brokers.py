"""Every broker against the broker contract."""

import pytest

from argosy.database.engines.sqlite import SqliteDatabase
from argosy.messaging.broker import Capability
from argosy.messaging.brokers.sql import SqlBroker
from argosy.testing.brokers import CHECKS, NEEDS, Site, checks_for

sql = pytest.mark.parametrize("check", checks_for(SqlBroker.capabilities), ids=lambda check: check.__name__)


def run(check, engine, url):
    handles = []

    def opened(policy):
        handles.append(engine(url))
        handles[-1].migrate()
        return SqlBroker(handles[-1], policy)

    try:
        check(Site(opened))
    finally:
        for handle in handles:
            handle.close()


@sql
def test_sql_on_sqlite(check, tmp_path):
    run(check, SqliteDatabase, f"sqlite:///{tmp_path}/argosy.db")


@sql
def test_sql_on_postgresql(check, postgresql_url):
    from argosy.database.engines.postgresql import PostgresqlDatabase

    run(check, PostgresqlDatabase, postgresql_url)


def test_every_capability_is_asked_for():
    assert set(NEEDS.values()) == set(Capability)
    assert set(NEEDS) < set(CHECKS)


def test_a_broker_is_asked_for_what_it_declares():
    assert len(checks_for([])) == len(CHECKS) - len(NEEDS)
    assert set(checks_for(Capability)) == set(CHECKS)
