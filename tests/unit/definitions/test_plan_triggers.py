"""`on:` of a plan, read and refused."""

import pytest

from argosy.definitions import parse_plan
from argosy.definitions.cron import CronSchedule
from argosy.definitions.plan_triggers import (
    ExamplesTrigger,
    FilesTrigger,
    ImportOptions,
    ScheduleTrigger,
    parse_triggers,
    read_trigger,
    trigger_name,
    written_trigger,
)
from argosy.definitions.trigger_notes import trigger_notes
from argosy.errors import DefinitionInvalid

ROWS = {"examples": "news", "every": 500}
FILES = {"files": "inbox/*.csv", "import": {"collection": "news", "text": "body", "missing": ["nan"], "skip_bad": True}}
NIGHTLY = {"schedule": "0 3 * * *", "zone": "Europe/Berlin"}
ALL = (
    ExamplesTrigger("news", 500),
    FilesTrigger("inbox/*.csv", ImportOptions(collection="news", text="body", missing=["nan"], skip_bad=True)),
    ScheduleTrigger(CronSchedule("0 3 * * *", "Europe/Berlin")),
)


def test_one_trigger_or_several_are_read():
    assert parse_triggers(None) == ()
    assert parse_triggers(ROWS) == ALL[:1]
    assert parse_triggers([ROWS, FILES, NIGHTLY]) == ALL
    assert [str(one) for one in ALL] == [
        "every 500 new rows of 'news'",
        "files inbox/*.csv",
        "schedule '0 3 * * *' Europe/Berlin",
    ]


@pytest.mark.parametrize("trigger", ALL, ids=str)
def test_one_that_was_written_is_read_as_the_same_under_the_same_name(trigger):
    again = read_trigger(written_trigger(trigger))
    assert again == trigger
    assert trigger_name(again) == trigger_name(trigger)


def test_names_differ_where_triggers_do():
    others = [ExamplesTrigger("news", 501), FilesTrigger("inbox/*.csv"), ScheduleTrigger(CronSchedule("0 3 * * *"))]
    assert len({trigger_name(one) for one in (*ALL, *others)}) == 6


@pytest.mark.parametrize(
    ("values", "path", "problem"),
    [
        ([], "on", "a list of at most 20"),
        ([ROWS] * 2, "on[1]", "in the list already"),
        ([{"schedule": f"{minute} * * * *"} for minute in range(21)], "on", "at most 20"),
        ("news", "on", "expected {examples: news"),
        ({}, "on", "expected {examples: news"),
        ([ROWS, None], "on[1]", "expected {examples: news"),
        ({**ROWS, **NIGHTLY}, "on", "expected {examples: news"),
        ({"exmples": "news", "every": 5}, "on", "expected {examples: news"),
        ({"examples": "news"}, "on", "after how many new rows"),
        ({**ROWS, "evry": 3}, "on.evry", "did you mean 'every'"),
        ({"examples": "news", "every": 0}, "on.every", "at least 1"),
        ({"examples": "news", "every": -1}, "on.every", "at least 1"),
        ({"examples": "news", "every": True}, "on.every", "whole number"),
        ({"examples": "news", "every": 10**12}, "on.every", "at most"),
        ({"examples": "", "every": 5}, "on.examples", "text"),
        ({"examples": 5, "every": 5}, "on.examples", "text"),
        ({**NIGHTLY, "every": 5}, "on.every", "it has: schedule, zone"),
        ({"files": "/inbox/*.csv"}, "on.files", "neither absolute"),
        ({"files": "../inbox/*.csv"}, "on.files", "neither absolute"),
        ({"files": "in/../../x"}, "on.files", "neither absolute"),
        ({"files": "inbox//x"}, "on.files", "neither absolute"),
        ({"files": "in\0box"}, "on.files", "neither absolute"),
        ({"files": ""}, "on.files", "expected a pattern"),
        ({"files": ["a", "b"]}, "on.files", "expected a pattern"),
        ({"files": "x" * 501}, "on.files", "expected a pattern"),
        ({"files": "in**/x.csv"}, "on.files", "stands alone"),
        ({"files": "in/**"}, "on.files", "stands alone"),
        ({"files": "*.csv", "import": {"colection": "news"}}, "on.import.colection", "did you mean 'collection'"),
        ({"files": "*.csv", "import": {"quoting": "maybe"}}, "on.import.quoting", "check, none, trust"),
        ({"files": "*.csv", "import": {"fields": "a,b"}}, "on.import.fields", "list"),
        ({"files": "*.csv", "import": {"skip_bad": "yes"}}, "on.import.skip_bad", "true"),
        ({"files": "*.csv", "import": ["news"]}, "on.import", "mapping"),
        ({"files": "*.csv", "imports": {}}, "on.imports", "did you mean 'import'"),
    ],
)
def test_an_invalid_trigger_is_refused_at_its_place(values, path, problem):
    with pytest.raises(DefinitionInvalid, match=problem.replace("{", r"\{")) as raised:
        parse_triggers(values)
    assert raised.value.path == path
    assert "\n" not in str(raised.value)


def plan(registries, dataset, on):
    values = {"dataset": dataset, "adapter": "counts", "model": "bayes", "on": on}
    return parse_plan(values, "topics", registries)


def test_a_plan_has_them(registries):
    assert plan(registries, "span", [ROWS, NIGHTLY]).triggers == (ALL[0], ALL[2])


def test_triggers_without_effect_are_reported(registries):
    span = {"name": "span", "options": {"collection": "news", "end": "2026-01-01"}}
    assert trigger_notes(plan(registries, span, NIGHTLY), "default") == []
    assert trigger_notes(plan(registries, span, ROWS), "default") == [
        "the plan's dataset ends at 2026-01-01: rows seen later are not in it"
    ]
    assert trigger_notes(plan(registries, "span", [ROWS, FILES]), "news") == []
    (first, second) = trigger_notes(plan(registries, "span", [ROWS, {"files": "*.csv"}, FILES]), "default")
    assert "rows come into 'news', and the plan learns from 'default'" in first
    assert second.startswith("files inbox")
