"""The name of a public function or class is unique in the package."""

from __future__ import annotations

import ast
from collections import defaultdict

SHARED = {
    "main": "where a process begins",
    "open_query": "each engine's form of the one that `datasets.queries` chooses between",
}
"""Names that several modules give, and the one meaning that they have there."""


def test_public_names_have_one_meaning(capsys, sources):
    modules = defaultdict(list)
    for source in sources:
        for node in source.tree.body:
            if is_public(node) and not is_command(source.name, node):
                modules[node.name].append(source.name)
    shared = {name: names for name, names in modules.items() if len(names) > 1}
    with capsys.disabled():
        print(f"\n{len(modules)} public functions and classes; in several modules: {shared}")  # noqa: T201
    assert sorted(shared) == sorted(SHARED)


def is_public(node):
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")


def is_command(module, node):
    """A command has the name that users type, which is usually that of its use case."""
    return module.startswith("cli/") and bool(node.decorator_list)
