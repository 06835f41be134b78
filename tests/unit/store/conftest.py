import pytest

from argosy.database.engines.sqlite import SqliteDatabase


@pytest.fixture
def database(tmp_path):
    database = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    database.migrate()
    yield database
    database.close()
