"""Rates of actions that were chosen by chance, whoever got them."""

import numpy as np
import pytest

from argosy.statistics.propensities import action_rates, uplift_between


def explored(rows, seed):
    """Half of the people buy more if they are asked (0.6 against 0.3), and are asked nine times as often."""
    random = np.random.default_rng(seed)
    is_keen = random.random(rows) < 0.5
    likely = np.where(is_keen, 0.9, 0.1)
    is_asked = random.random(rows) < likely
    rate = np.where(is_keen, np.where(is_asked, 0.6, 0.3), np.where(is_asked, 0.2, 0.1))
    actions = ["ask" if one else "leave" for one in is_asked]
    return actions, (random.random(rows) < rate).astype(float), np.where(is_asked, likely, 1 - likely)


def test_a_rate_is_that_of_all_whoever_got_the_action():
    ask, leave, nobody = action_rates(*explored(20_000, 1), ["ask", "leave", "call"])
    assert ask.low < 0.4 < ask.high
    assert leave.low < 0.2 < leave.high
    assert ask.high - ask.low < 0.05
    assert nobody is None
    actions, rewards, _ = explored(20_000, 1)
    plain = np.mean([reward for action, reward in zip(actions, rewards, strict=True) if action == "ask"])
    assert plain > ask.high  # what a comparison without weights would say


def test_an_uplift_has_an_interval_that_covers_the_truth():
    covered = 0
    for seed in range(40):
        found = uplift_between(*explored(1500, seed), "ask", "leave")
        covered += found.low < 0.2 < found.high
    assert covered >= 34


def test_what_nobody_got_has_no_uplift():
    assert uplift_between(["a"] * 5, [1.0] * 5, [0.5] * 5, "a", "b") is None


def test_certain_rows_are_a_plain_mean():
    [only] = action_rates(["a"] * 4, [1, 0, 0, 1], [1.0] * 4, ["a"])
    assert only.value == pytest.approx(0.5)
