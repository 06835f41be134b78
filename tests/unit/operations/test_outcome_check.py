"""What the doctor says of sources of outcomes."""

import pytest

from argosy.definitions.service import parse_service
from argosy.feedback.outcomes.rows import NamedSource
from argosy.feedback.outcomes.states import SourceState
from argosy.operations.outcome_check import judge_sources

NOW = 1_700_000_000.0
NAME = "offers.bought"


def judged(state, waiting=0, **source):
    given = {"files": "sales", "entity": ["user"], "within": "7d", **source}
    values = {"accepts": {"user": "category"}, "model": "offers@champion", "outcomes": {"bought": given}}
    service = parse_service(values, "offers")
    states = {} if state is None else {NAME: (SourceState(name=NAME, **state), waiting)}
    return judge_sources([NamedSource(service, service.outcomes[0])], states, NOW)


def test_a_source_that_is_well_is_one_line():
    said, faults = judged({"taken": 5, "poison": {"no entity": 2}, "looked_at": NOW - 60}, waiting=3)
    assert said == ["offers.bought: 5 rows, 2 that say nothing, 3 wait until 'offers' has a champion"]
    assert faults == []


@pytest.mark.parametrize(
    ("state", "source", "fault"),
    [
        (None, {}, "it was never read: start argosy up"),
        ({"looked_at": NOW - 3 * 3600}, {}, "it has not been read for 3.0 hours: start argosy up"),
        ({"looked_at": NOW, "problem": "there is no folder"}, {}, "there is no folder"),
        (
            {"looked_at": NOW, "taken": 1, "poison": {"no time": 3, "no entity": 1}},
            {},
            "4 rows say nothing, mostly 'no t",
        ),
    ],
    ids=["never", "long ago", "problem", "poison"],
)
def test_what_is_wrong_is_named(state, source, fault):
    [found] = judged(state, **source)[1]
    assert found.startswith(f"{NAME}: {fault}")


@pytest.mark.parametrize(
    ("state", "source"),
    [(None, {"files": "", "posted": True}), ({"looked_at": NOW - 3 * 3600}, {"every": "1h"})],
    ids=["nothing was posted", "seldom"],
)
def test_what_is_not_wrong_is_not_named(state, source):
    assert judged(state, **source)[1] == []
