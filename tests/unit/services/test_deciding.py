"""Steps of a service by themselves."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.definitions.service_steps import parse_decide_steps
from argosy.services.calls import ServiceRow
from argosy.services.deciding import steps_of_service


def decided(steps, scores, chance=lambda: 0.5, groups=None):
    class Service:
        decide = parse_decide_steps(steps)

    rows = [ServiceRow({}, {"score": score}, 0 if groups is None else groups[n]) for n, score in enumerate(scores)]
    for step in steps_of_service(Service, lambda _: None, chance):
        step(rows)
    return rows


def threshold(**more):
    return {"threshold": {"at": 0.5, "yes": "yes", "no": "no", **more}}


@pytest.mark.parametrize(
    ("unsure", "answers"),
    [
        (None, ["no", "no", "yes", "yes", "no"]),
        ({"below": 0.6, "say": "ask"}, ["no", "no", "ask", "yes", "ask"]),
        ({"above": 0.4, "say": "ask"}, ["no", "ask", "yes", "yes", "ask"]),
        ({"above": 0.4, "below": 0.6, "say": "ask"}, ["no", "ask", "ask", "yes", "ask"]),
    ],
)
def test_a_threshold_says_yes_from_its_border_on(unsure, answers):
    step = threshold(unsure=unsure) if unsure else threshold()
    assert [one.decision for one in decided([step], [0.3, 0.4, 0.5, 0.6, None])] == answers


def test_scores_stay_within_borders():
    rows = decided([{"correct": {"bias": 0.5}}, {"clamp": {"min": 0, "max": 1}}], [0.25, 1.0, 9.0, None])
    assert [one.values["score"] for one in rows] == [0, 0.5, 1, None]


@given(
    st.lists(st.one_of(st.none(), st.floats(-9, 9)), min_size=1, max_size=20),
    st.integers(1, 5),
    st.data(),
)
def test_the_best_of_each_group_are_ranked(scores, k, data):
    groups = [data.draw(st.integers(0, 2)) for _ in scores]
    rows = decided([threshold(), {"top": {"k": k, "within": "candidates"}}], scores, groups=groups)
    for group in set(groups):
        mine = [row for row in rows if row.group == group]
        chosen = sorted((row for row in mine if row.rank), key=lambda row: row.rank)
        passed = sorted((row.values["score"] for row in mine if (row.values["score"] or 0) >= 0.5), reverse=True)
        assert [row.values["score"] for row in chosen] == passed[:k]
        assert [row.rank for row in chosen] == list(range(1, len(chosen) + 1))
        assert all(row.decision == "no" for row in mine if not row.rank)


def test_exploring_logs_how_likely_each_decision_was():
    """The inverse of the propensities estimates how many rows there are of each decision, whatever the policy does."""
    draws = iter([n / 1000 for n in range(1000)] * 2)
    rows = decided([threshold(), {"explore": 0.2}], [0.9] * 1000 + [0.1] * 1000, chance=lambda: next(draws))
    assert Counter(row.decision for row in rows[:1000]) == {"yes": 900, "no": 100}
    assert Counter(row.decision for row in rows[1000:]) == {"no": 900, "yes": 100}
    assert {(row.policy, row.decision, row.propensity) for row in rows} == {
        ("yes", "yes", 0.9),
        ("yes", "no", 0.1),
        ("no", "no", 0.9),
        ("no", "yes", 0.1),
    }
    assert sum(1 / row.propensity for row in rows if row.decision == "yes") == pytest.approx(2000)
