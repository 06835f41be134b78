"""Every engine against the database contract."""

import pytest

from argosy.database.engines.sqlite import SqliteDatabase
from argosy.testing.databases import CHECKS


def run(check, engine, url):
    handles = []

    def opened():
        handles.append(engine(url))
        handles[-1].migrate()
        return handles[-1]

    try:
        check(opened)
    finally:
        for handle in handles:
            handle.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sqlite(check, tmp_path):
    run(check, SqliteDatabase, f"sqlite:///{tmp_path}/argosy.db")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_postgresql(check, postgresql_url):
    from argosy.database.engines.postgresql import PostgresqlDatabase

    run(check, PostgresqlDatabase, postgresql_url)
