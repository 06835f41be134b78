"""Rules for tests: they state expectations as values, and only the files named here use SQL and engines."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MAY_HOLD_SQL = {
    "stored/": "reads and alters rows for all the others",
    "servers/": "starts databases",
    "migration/": "holds old schemas and what they held",
    "acceptance/flink_expressions.py": "evaluates SQL of Flink",
    "architecture/test_tests.py": "shows what it finds",
    "contract/test_databases.py": "is the contract of engines",
    "unit/ground/test_dialect.py": "is about SQL",
    "unit/ground/test_migrations.py": "is about schema steps",
    "unit/ground/test_postgresql.py": "is about an engine",
    "unit/ground/test_postgresql_vanished.py": "looks at a server's sessions",
    "unit/ground/test_rows.py": "is about rows of any schema",
    "unit/ground/test_sqlite.py": "is about an engine",
    "unit/definitions/test_expressions.py": "compares what expressions come to with what SQL says",
    "unit/definitions/test_service.py": "has queries that users write",
    "acceptance/test_both_columns.py": "fills databases of others",
    "integration/datasets/test_queries.py": "imports from databases of others, by queries that users write",
}
SQL = re.compile(
    r"\s*(SELECT|INSERT INTO|INSERT OR|REPLACE INTO|UPDATE|DELETE FROM|WITH|PRAGMA|EXPLAIN|VACUUM"
    r"|(CREATE|DROP|ALTER)( TEMP| UNIQUE)? (TABLE|INDEX|TRIGGER|VIEW|DATABASE|FUNCTION))\b"
)
"""How a statement begins; in a test's string it is one, whether it is run at once or kept."""
ENGINES = ("sqlite3", "psycopg", "argosy.database.engines")
IMPORTED_IN_TEXT = re.compile(rf"\b(?:from|import) (?:{'|'.join(ENGINES)})\b".replace(".", r"\."))
RUN = ("execute", "execute_many", "executemany", "executescript")
IMPORTERS = ("import_module", "importorskip")


def is_allowed(name):
    return name.startswith(tuple(MAY_HOLD_SQL))


@pytest.fixture(scope="module")
def trees():
    files = sorted(TESTS.rglob("*.py"))
    return {file.relative_to(TESTS).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


def strings(tree):
    """(line, text) of every string except docstrings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


def imports(tree):
    """(line, module) of every import, including those by a call or in a program in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if called in IMPORTERS and node.args and isinstance(node.args[0], ast.Constant):
                yield node.lineno, node.args[0].value
    for line, text in strings(tree):
        for _ in IMPORTED_IN_TEXT.finditer(text):
            yield line, ENGINES[0]


def statements_in(tree):
    """The lines of SQL statements, and of calls that run one."""
    run = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in RUN and node.args
    ]
    return sorted({*run, *(line for line, text in strings(tree) if SQL.match(text))})


def engines_in(tree):
    return [line for line, module in imports(tree) if f"{module}.".startswith(tuple(f"{one}." for one in ENGINES))]


def test_tests_hold_no_sql(trees):
    found = [f"{name}:{line}" for name, tree in trees.items() if not is_allowed(name) for line in statements_in(tree)]
    assert found == [], "say it by the package's own function, or by one of tests/stored"


def test_tests_import_no_engine(trees):
    found = [f"{name}:{line}" for name, tree in trees.items() if not is_allowed(name) for line in engines_in(tree)]
    assert found == [], "ask for the fixture `database` or `open_database`, or open a URL by argosy.app.backends"


def test_every_allowed_exception_is_used(trees):
    idle = [
        place
        for place in MAY_HOLD_SQL
        if not any(statements_in(tree) or engines_in(tree) for name, tree in trees.items() if name.startswith(place))
    ]
    assert idle == [], "take it off the list"


@pytest.mark.parametrize(
    ("program", "statements", "engines"),
    [
        ("transaction.execute('SELECT 1')", 1, 0),
        ("KEPT = '''\n    UPDATE jobs SET a = 1'''", 1, 0),
        ("run(f'DELETE FROM {table}')", 1, 0),
        ("run('PRAGMA ' + word)", 1, 0),
        ("transaction.execute(statements.READY)", 1, 0),
        ("def test():\n    'SELECT is what this is about'", 0, 0),
        ("word = 'selected'; CONSTANT = 'DROP'", 0, 0),
        ("def run():\n    import sqlite3", 0, 1),
        ("from argosy.database import engines", 0, 1),
        ("from argosy.database.engines.sqlite import SqliteDatabase as Made", 0, 1),
        ("psycopg = pytest.importorskip('psycopg')", 0, 1),
        ("PROGRAM = 'import os\\nfrom argosy.database.engines.sqlite import SqliteDatabase'", 0, 1),
        ("from argosy.database import database; heavy = {'sqlite3'}", 0, 0),
    ],
)
def test_what_is_found(program, statements, engines):
    tree = ast.parse(program)
    assert (len(statements_in(tree)), len(engines_in(tree))) == (statements, engines)
