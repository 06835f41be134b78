"""`app` is wiring, and no package imports those above it; ports do not import their backends. Prints figures."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import grimp
import pytest

APP_LINES = 1500
SQL = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
FACADE = "argosy.app.project"
ROOT = Path(__file__).parents[2]
PORT = re.compile(r"`(?:([a-z_]+)/)?([a-z_]+)\.py` and `(?:[a-z_]+/)?([a-z_]+)/`")
"""A port and its adapters, as ARCHITECTURE.md names them; without a package, the one before."""


@pytest.fixture(scope="module")
def graph():
    """Every import, deferred ones and those for type checking included."""
    return grimp.build_graph("argosy", exclude_type_checking_imports=False, cache_dir=None)


def circles(graph):
    """Sets of modules that import each other, by Tarjan's algorithm."""
    index, low, stack, found = {}, {}, [], []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph.find_modules_directly_imported_by(module)):
            if other not in index:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == index[module]:
            circle = {stack.pop()}
            while module not in circle:
                circle.add(stack.pop())
            if len(circle) > 1:
                found.append(sorted(circle))

    for module in sorted(graph.modules):
        if module not in index:
            visit(module)
    return found


def test_app_is_short(sources, capsys):
    lines = sum(source.lines for source in sources if source.name.startswith("app/"))
    with capsys.disabled():
        print(f"\napp: {lines} lines, at most {APP_LINES}")  # noqa: T201  # the figure is what this is read for
    assert lines <= APP_LINES


def test_app_has_no_sql(sources):
    texts = {
        (source.name, node.value)
        for source in sources
        for node in ast.walk(source.tree)
        if source.name.startswith("app/") and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {found for found in texts if SQL.match(found[1].lstrip())} == set()


def test_there_is_no_circle(graph, capsys):
    found = circles(graph)
    with capsys.disabled():
        print(f"\n{len(found)} circles among {len(graph.modules)} modules, imports for type checking counted")  # noqa: T201
    assert found == []


def test_only_the_command_line_imports_the_facade(graph):
    """The package itself offers it to users."""
    importers = graph.find_modules_that_directly_import(FACADE) - {"argosy"}
    assert {module for module in importers if not module.startswith("argosy.cli.")} == set()


def test_every_port_is_held(capsys):
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    paragraph = text[text.index("A port is a module") :].partition("\n\n")[0]
    package, named = "", {}
    for found, module, folder in PORT.findall(paragraph):
        package = found or package
        named[f"argosy.{package}.{module}"] = f"argosy.{package}.{folder}"
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    contracts = [config[name] for name in config.sections() if config[name].get("type") == "forbidden"]
    held = {
        (port, folder)
        for contract in contracts
        for port in contract["source_modules"].split()
        for folder in contract["forbidden_modules"].split()
    }
    with capsys.disabled():
        print(f"\n{sum(pair in held for pair in named.items())} of {len(named)} ports held")  # noqa: T201
    assert set(named.items()) <= held
    assert config["importlinter"]["exclude_type_checking_imports"] == "False"
