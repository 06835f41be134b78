"""The comparison of rows after a migration."""

import pytest

from argosy.database.rows import Content
from argosy.errors import MigrationFailed
from argosy.operations.moving import check_alike

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
