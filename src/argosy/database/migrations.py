"""The schema is the sum of the numbered files in `schema/`; each is applied once, all in one transaction.

They are written as SQLite takes them, and translated for other engines by `dialect.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib import resources
from typing import Final

from argosy.database.database import Database, Transaction
from argosy.errors import SchemaNewer

TABLE: Final = "schema_steps"
"""Which steps were applied."""


@cache
def steps() -> dict[int, str]:
    """Number to SQL, in order."""
    files = sorted(resources.files("argosy.database").joinpath("schema").iterdir(), key=lambda file: file.name)
    return {int(file.name[:4]): file.read_text("utf-8") for file in files if re.match(r"\d{4}_.*\.sql$", file.name)}


def newest_step() -> int:
    """The number of the newest schema this Argosy knows."""
    return max(steps())


def schema_version(transaction: Transaction) -> int:
    """The number of the schema that is there; 0 where there is none."""
    if not transaction.has_table("schema_steps"):
        return 0
    return int(transaction.execute("SELECT coalesce(max(number), 0) FROM schema_steps")[0][0])


def is_current(transaction: Transaction) -> bool:
    """Whether no step that this Argosy knows is missing, and none is there that it does not know."""
    return transaction.has_table("schema_steps") and applied_steps(transaction) == set(steps())


def migrate(database: Database, where: str) -> int:
    """What every engine's `Database.migrate` does; writes only where something is missing."""
    with database.read() as transaction:
        found, is_up_to_date = schema_version(transaction), is_current(transaction)
    if is_up_to_date:
        return found
    with database.write() as transaction:
        return apply(transaction, where)


def apply(transaction: Transaction, where: str, only: Collection[int] | None = None) -> int:
    """Apply what is missing, or only those steps, which others wait for.

    Raises SchemaNewer where the database is ahead of us, or one of those steps is.
    """
    transaction.lock("schema")
    present = schema_version(transaction)
    ahead = max((present, *(only or ())))
    if ahead > newest_step():
        raise SchemaNewer(
            f"{where} has schema {ahead}, this Argosy knows up to {newest_step()}: upgrade with pip install -U argosy"
        )
    if present == 0:
        transaction.define("CREATE TABLE schema_steps (number INTEGER PRIMARY KEY, applied_at REAL NOT NULL)")
    there = applied_steps(transaction)
    for number, sql in steps().items():
        if number not in there and (only is None or number in only):
            for statement in statements(sql):
                transaction.define(statement)
            transaction.execute(
                "INSERT INTO schema_steps VALUES (:number, :applied_at)",
                {"number": number, "applied_at": transaction.now()},
            )
    return newest_step()


def applied_steps(transaction: Transaction) -> set[int]:
    """The numbers of the steps that were applied."""
    return {row[0] for row in transaction.execute("SELECT number FROM schema_steps")}


def statements(sql: str) -> list[str]:
    """The statements of a file; our schema has no semicolon inside one."""
    bare = re.sub(r"--[^\n]*", "", sql)
    return [statement.strip() for statement in bare.split(";") if statement.strip()]
