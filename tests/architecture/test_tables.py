"""Each table belongs to one package: whoever else wants its rows asks that package. The SQL in the sources is read."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from argosy.database.engines.sqlite import SqliteDatabase

IS_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b")
NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+([a-z_]+)")
NO_PACKAGES = ("database", "testing")
"""Whose SQL is about any table."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    database = SqliteDatabase(f"sqlite:///{tmp_path_factory.mktemp('schema')}/argosy.db")
    database.migrate()
    with database.read() as transaction:
        found = transaction.tables()
    database.close()
    return found


def texts(source):
    """Every string of a file, a formatted one with its fields left out."""
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
