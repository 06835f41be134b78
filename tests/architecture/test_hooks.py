"""Hooks that a plug-in may offer are declared on its base class: no code checks whether a class has one."""

from __future__ import annotations

import ast

import pytest

from argosy.datasets.cuts import cuts
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.plugin_hooks import AdapterHooks, ModelHooks, PluginHooks

REGISTERED = [(registry, name) for registry in (cuts, adapters, estimators) for name in registry.names()]


def test_no_hook_is_found_by_getattr(sources):
    found = [
        f"{source.name}:{node.lineno}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("getattr", "hasattr")
        and (ast.unparse(node.args[0]).endswith(".cls") or ast.unparse(node.args[1])[1:-1] in HOOKS)
    ]
    assert found == []


HOOKS = {
    name for base in (PluginHooks, AdapterHooks, ModelHooks) for name in vars(base) if not name.startswith("__")
} | {"go_on_from", "served_form", "other_forms", "encoding_difference", "limit_calls", "has_probabilities", "inside"}


@pytest.mark.parametrize(("registry", "name"), REGISTERED, ids=lambda one: one if isinstance(one, str) else one.noun)
def test_every_plugin_derives_from_its_base(registry, name):
    assert issubclass(registry.get(name).cls, PluginHooks)
