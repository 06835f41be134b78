"""Every broker against the broker contract."""

import pytest

from argosy.database.engines.sqlite import SqliteDatabase
from argosy.messaging.brokers.sql import SqlBroker
from argosy.testing.brokers import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sql_on_sqlite(check, tmp_path):
    handles = []

    def opened(policy):
        handles.append(SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db"))
        handles[-1].migrate()
        return SqlBroker(handles[-1], policy)

    check(opened)
    for handle in handles:
        handle.close()
