"""When a promotion waits for a person."""

from __future__ import annotations

import numpy as np

from argosy.evaluation.suspicion import suspicions
from argosy.predictions.measures import Measure

RIGHT, WRONG = np.ones(100, bool), np.zeros(100, bool)


def test_a_token_that_contradicts_the_champion_far_more_than_the_rest_is_suspicious():
    (found,) = suspicions([Measure(token="shop")] * 100, WRONG, RIGHT)
    assert found.token == "shop"
    assert "'shop' contradicts the champion in 100% of its rows, the other evidence in 0%" in found.reason


def test_one_that_contradicts_it_far_less_is_suspicious_too():
    (found,) = suspicions([Measure(token="shop")] * 100 + [None] * 100, np.append(RIGHT, WRONG), np.zeros(0, bool))
    assert "in 0% of its rows, the other evidence in 100%" in found.reason


def test_a_token_that_agrees_with_the_rest_is_not_suspicious():
    assert list(suspicions([Measure(token="shop")] * 100, WRONG, WRONG)) == []
    assert list(suspicions([Measure(token="shop")] * 100, RIGHT, RIGHT)) == []


def test_what_came_without_a_token_is_the_projects_own():
    assert list(suspicions([Measure(), None] * 50, WRONG, RIGHT)) == []


def test_a_burst_is_suspicious_and_the_same_over_a_day_is_not():
    burst = [Measure(token="shop", given_at=1000.0 + place / 100) for place in range(600)]
    slow = [Measure(token="shop", given_at=1000.0 + place * 60) for place in range(600)]
    right = np.ones(600, bool)
    (found,) = suspicions(burst, right, RIGHT)
    assert found.reason.startswith("600 pieces of feedback came with the token 'shop' within a minute")
    assert list(suspicions(slow, right, RIGHT)) == []
