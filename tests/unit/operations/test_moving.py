"""The comparison of rows after a migration."""

import pytest

from argosy.app.project import open_backends
from argosy.app.scaffold import create_project
from argosy.database.rows import Content
from argosy.errors import MigrationFailed, PathInvalid
from argosy.operations.moving import check_alike, source_database

BEFORE = {"jobs": Content(2, "ab"), "plans": Content(0, "00")}


def test_equal_rows_pass():
    check_alike(BEFORE, {**BEFORE, "more": Content(1, "ff")}, "postgresql://db")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"jobs": Content(2, "ab")}, r"plans differs \(no such table"),
        ({**BEFORE, "jobs": Content(1, "ab")}, r"jobs differs \(1 row, 2 were read"),
        ({**BEFORE, "jobs": Content(2, "ac")}, "jobs differs"),
    ],
)
def test_what_differs_is_named(after, said):
    with pytest.raises(MigrationFailed, match=said):
        check_alike(BEFORE, after, "postgresql://db")


def test_a_source_that_is_not_there_is_not_made(tmp_path):
    create_project(tmp_path / "notes")
    backends = open_backends(tmp_path / "notes")
    with pytest.raises(PathInvalid, match=r"^sqlite:///\.argosy/typo\.db: there is no file "):
        source_database(backends, "sqlite:///.argosy/typo.db")
    assert not (backends.root / ".argosy" / "typo.db").exists()
    assert source_database(backends, "") is backends.database
    backends.close()
