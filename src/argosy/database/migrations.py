"""The schema is the sum of the numbered files in `schema/`; each is applied once, all in one transaction.

They are written as SQLite takes them, and translated for other engines by `dialect.py`.

A file that begins with `-- works with: 35` only adds what an Argosy that knows the steps up to 35 can do without
knowing: a table, an index, a column that may be left out. Such an Argosy goes on while a newer one has applied that
step; any other step stops it at its next transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import cache
from importlib import resources
from typing import Final

from argosy.database.database import Transaction
from argosy.errors import SchemaNewer

TABLE: Final = "schema_steps"
"""Which steps were applied, and which one an Argosy must know to work with each."""
REQUIRED: Final = "SELECT coalesce(max(works_with), 0) FROM schema_steps"
_ADD: Final = "INSERT INTO schema_steps (number, applied_at, works_with) VALUES (:number, :now, :works_with)"


@cache
def steps() -> dict[int, str]:
    """Number to SQL, in order."""
    files = sorted(resources.files("argosy.database").joinpath("schema").iterdir(), key=lambda file: file.name)
    return {int(file.name[:4]): file.read_text("utf-8") for file in files if re.match(r"\d{4}_.*\.sql$", file.name)}


def newest_step() -> int:
    """The number of the newest schema this Argosy knows."""
    return max(steps())


def schema_version(transaction: Transaction) -> int:
    """The number of the database's schema; 0 if it has none."""
    if not transaction.has_table("schema_steps"):
        return 0
    return int(transaction.execute("SELECT coalesce(max(number), 0) FROM schema_steps")[0][0])


def works_with(number: int) -> int:
    """The step that an Argosy must know at least to go on where this one was applied: itself, or one before."""
    found = re.match(r"-- works with: (\d+)\n", steps()[number])
    return int(found[1]) if found else number


def check_not_newer(required: int, where: str) -> None:
    """Raises SchemaNewer where this Argosy must not use a database that requires that step."""
    if required > newest_step():
        known = f"this Argosy knows up to {newest_step()}"
        raise SchemaNewer(f"{where} has schema {required}, {known}: upgrade with pip install -U argosy")


def is_current(transaction: Transaction, where: str = "the database") -> bool:
    """Whether no step that this Argosy knows is missing; raises SchemaNewer where there is one that it must know."""
    if "works_with" not in transaction.tables().get(TABLE, ()):
        return False
    check_not_newer(transaction.execute(REQUIRED)[0][0], where)
    return applied_steps(transaction) >= set(steps())


Begin = Callable[[], AbstractContextManager[Transaction]]


def migrate(read: Begin, alone: Begin, where: str) -> int:
    """What every engine's `Database.migrate` does; writes only where something is missing, and alone then."""
    with read() as transaction:
        if is_current(transaction, where):
            return schema_version(transaction)
    with alone() as transaction:
        return apply(transaction, where)


def apply(transaction: Transaction, where: str, only: Collection[int] | None = None) -> int:
    """Apply what is missing, or only those steps, which others wait for.

    Raises SchemaNewer where the database is ahead of us, or one of those steps is.
    """
    transaction.lock("schema")
    present = schema_version(transaction)
    check_not_newer(max(only or (0,)), where)
    if present and is_current(transaction, where):  # another was quicker
        return schema_version(transaction)
    if present == 0:
        transaction.define("CREATE TABLE schema_steps (number INTEGER PRIMARY KEY, applied_at REAL NOT NULL)")
    if "works_with" not in transaction.tables()[TABLE]:
        transaction.define("ALTER TABLE schema_steps ADD COLUMN works_with INTEGER NOT NULL DEFAULT 0")
    there = applied_steps(transaction)
    for number, sql in steps().items():
        if number not in there and (only is None or number in only):
            for statement in statements(sql):
                transaction.define(statement)
            row = {"number": number, "now": transaction.now(), "works_with": works_with(number)}
            transaction.execute(_ADD, row)
    return newest_step()


def applied_steps(transaction: Transaction) -> set[int]:
    """The numbers of the steps that were applied."""
    return {row[0] for row in transaction.execute("SELECT number FROM schema_steps")}


def statements(sql: str) -> list[str]:
    """The statements of a file; our schema has no semicolon inside one."""
    bare = re.sub(r"--[^\n]*", "", sql)
    return [statement.strip() for statement in bare.split(";") if statement.strip()]
