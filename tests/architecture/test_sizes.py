"""STYLE's budgets: the figures are printed, the hard limits fail."""

from __future__ import annotations

import ast
import statistics

FILE_LINES = 500
FUNCTION_LINES = 60
FOLDERS_DEEP = 2


def functions(sources):
    """Name to length of every function."""
    return {
        f"{source.name}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def report(capsys, noun, lengths):
    ordered = sorted(lengths.values())
    nine_in_ten = ordered[int(0.9 * (len(ordered) - 1))]
    longest = ", ".join(f"{name} {lengths[name]}" for name in sorted(lengths, key=lengths.get)[:-4:-1])
    median = statistics.median(ordered)
    figures = f"median {median:g} lines, nine in ten at most {nine_in_ten}; longest: {longest}"
    with capsys.disabled():
        print(f"\n{len(ordered)} {noun}: {figures}")  # noqa: T201  # the figures are what these tests are read for


def test_files_are_short(sources, capsys):
    lengths = {source.name: source.lines for source in sources if source.lines}
    report(capsys, "files", lengths)
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_are_short(sources, capsys):
    lengths = functions(sources)
    report(capsys, "functions", lengths)
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_folders_are_at_most_two_deep(sources):
    assert [source.name for source in sources if source.name.count("/") > FOLDERS_DEEP] == []


def test_names_say_something(sources):
    meaningless = {"utils", "util", "common", "helpers", "helper", "base", "misc", "manager"}
    named = [source.name for source in sources if meaningless & set(source.name.removesuffix(".py").split("/"))]
    assert set(named) <= {"serving/manager.py"}
    classes = [node.name for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    assert [name for name in classes if name.startswith("Abstract") or name.endswith("Impl")] == []


def test_every_file_has_a_docstring(sources):
    assert [source.name for source in sources if source.lines and not ast.get_docstring(source.tree)] == []
