"""Every engine against the database contract."""

import pytest

from argosy.database.engines.sqlite import SqliteDatabase
from argosy.testing.databases import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sqlite(check, tmp_path):
    handles = []

    def opened():
        handles.append(SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db"))
        handles[-1].migrate()
        return handles[-1]

    check(opened)
    for handle in handles:
        handle.close()
