"""Each table belongs to one package: other packages call its functions. The test reads the SQL in the sources."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from argosy.app import backends
from stored.sqlite_files import nullable_columns

IS_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b")
NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+([a-z_]+)")
NO_PACKAGES = ("database", "testing")
"""Whose SQL is about any table."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    made = backends.database("sqlite:///argosy.db", tmp_path_factory.mktemp("schema"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def tables(database):
    with database.read() as transaction:
        return transaction.tables()


@pytest.fixture(scope="module")
def nullable(database, tables):
    """Each table's columns that may be NULL."""
    return {name: nullable_columns(database, name) for name in tables}


def texts(source):
    """Every string of a file; a formatted one without its fields."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else " " for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (docstrings | inside):
            yield node.value


def package(name):
    return name.partition("/")[0].removesuffix(".py")


def test_each_table_belongs_to_one_package(sources, tables, capsys):
    users = defaultdict(lambda: defaultdict(set))
    for source in sources:
        for text in texts(source):
            if package(source.name) not in NO_PACKAGES and IS_SQL.search(text):
                for table in set(NAMED.findall(text)) & tables.keys():
                    users[table][package(source.name)].add(source.name)
    owners = defaultdict(list)
    for table, packages in users.items():
        owners[" and ".join(sorted(packages))].append(table)
    with capsys.disabled():
        print("\ntables: " + "; ".join(f"{name} {', '.join(sorted(owners[name]))}" for name in sorted(owners)))  # noqa: T201
    assert {table: dict(packages) for table, packages in users.items() if len(packages) > 1} == {}
    assert tables.keys() - users.keys() == {"schema_steps"}


def test_statements_stay_in_their_package(sources):
    borrowed = [
        (source.name, node.module)
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("argosy.")
        if node.module.endswith(".statements") or "statements" in [alias.name for alias in node.names]
        if node.module.split(".")[1] != package(source.name)
    ]
    assert borrowed == []


NOT_PORTABLE = {
    "a parameter without a name": r"[=(,]\s*\?",
    "a temporary table": r"CREATE TEMP",
    "what SQLite alone has": r"\b(INSERT OR|REPLACE INTO|AUTOINCREMENT|julianday|json_each|rowid|GLOB|PRAGMA)\b",
    "max or min of two": r"\b(?:max|min)\([^()]*,",
    "what PostgreSQL alone has": r"\b(ANY\(|ILIKE|DISTINCT ON|now\(\))|(?<!/\* )\bFOR UPDATE",
    "a type of its own": r"::",
}


def test_statements_are_portable(sources):
    """See the rules in `database/database.py`."""
    found = [
        (source.name, what, text)
        for source in sources
        if package(source.name) != "database"
        for text in texts(source)
        if IS_SQL.search(text) and NAMED.search(text)
        for what, pattern in NOT_PORTABLE.items()
        if re.search(pattern, text)
    ]
    assert found == []


def test_an_order_states_the_place_of_nulls(sources, tables, nullable):
    silent = []
    for source in sources:
        for text in texts(source) if package(source.name) != "database" else ():
            may_be_null = {column for table in set(NAMED.findall(text)) & tables.keys() for column in nullable[table]}
            for order in re.findall(r"ORDER BY ([a-z_., ()A-Z]+?)(?:LIMIT|/\*|\n|\)|$)", text):
                for part in order.split(","):
                    column = part.split()[0].rpartition(".")[2] if part.split() else ""
                    if column in may_be_null and "NULLS" not in part:
                        silent.append((source.name, part))
    assert silent == []
