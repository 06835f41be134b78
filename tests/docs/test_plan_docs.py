"""The plans and settings shown in docs/ are read by the code that they document."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from argosy.datasets.cuts import cuts
from argosy.definitions import Registries, Settings, expand, parse_plan
from argosy.definitions.project import OVERRIDES, parse_settings
from argosy.definitions.steps import parse_steps
from argosy.definitions.trigger_notes import trigger_notes
from argosy.definitions.yaml_files import parse_mapping
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

DOCS = Path(__file__).parents[2] / "docs"
ALL = Registries(cuts, adapters, estimators)


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


PLANS = blocks("plans.md", "yaml")


@pytest.mark.parametrize(
    ("text", "definitions", "forbidden"),
    list(zip(PLANS, (4, 2, 30, 2, 36, 4, 6), (0, 0, 0, 0, 29, 0, 0), strict=True)),
)
def test_a_plan_in_the_docs_comes_to_what_the_docs_say(text, definitions, forbidden):
    expansion = expand(parse_plan(parse_mapping(text, "plans.md"), "docs", ALL), ALL)
    assert len(expansion.definitions) + sum(each.count for each in expansion.left_out) == definitions
    assert sum(each.count for each in expansion.forbidden) == forbidden


def test_the_plan_with_triggers_in_the_docs_is_read():
    [text] = blocks("triggers.md", "yaml")
    plan = parse_plan(parse_mapping(text, "triggers.md"), "docs", ALL)
    assert len(plan.triggers) == 3
    assert trigger_notes(plan, "default") == []


def test_the_python_in_the_docs_runs(tmp_path, monkeypatch, capsys):
    [program] = blocks("plans.md", "python")
    (tmp_path / "plan.yaml").write_text(PLANS[0])
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "plans.md", "exec"), {})
    assert capsys.readouterr().out == "4 4 []\n"


def test_settings_in_the_docs_are_read():
    [text] = blocks("settings.md", "yaml")
    settings = parse_settings(parse_mapping(text, "settings.md"), {})
    assert settings.server.models["spam"].latest == 2


def paths(struct, prefix=""):
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from paths(field.type, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


def test_every_setting_and_variable_is_in_the_docs():
    text = (DOCS / "settings.md").read_text("utf-8")
    assert [name for name in [*paths(Settings), *OVERRIDES] if f"`{name}`" not in text] == []


def test_the_steps_in_the_docs_are_steps():
    [written] = blocks("steps.md", "yaml")
    steps = parse_steps(parse_settings(parse_mapping(written, "steps.md"), {}).steps)
    assert [(step.name, step.after) for step in steps.values()] == [("clean", ""), ("articles", "clean")]
