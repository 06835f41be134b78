"""Weighted pairs: the exact test where weights are equal, and no false alarm where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from argosy.statistics.paired_tests import mcnemar
from argosy.statistics.weighted_pairs import are_equal, difference_interval, mean_difference, sign_flip_p


def outcomes(lost, won, same):
    return np.array([-1] * lost + [1] * won + [0] * same, np.int8)


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (0, 6), (3, 12), (20, 41), (15, 15)])
def test_with_equal_weights_flips_agree_with_mcnemars_exact_test(lost, won):
    found = sign_flip_p(outcomes(lost, won, 30), np.full(lost + won + 30, 2.5), seed=1)
    assert found == pytest.approx(mcnemar(lost, won), abs=0.005)


def test_a_row_counts_by_its_weight():
    weights = np.array([1.0, 1.0, 8.0])
    assert mean_difference(np.array([1, 1, -1], np.int8), weights) == pytest.approx(-0.6)


def test_the_interval_holds_the_difference_and_is_that_of_the_rows():
    random = np.random.default_rng(7)
    found, weights = outcomes(20, 50, 130), random.choice([1.0, 2.0, 4.0], 200)
    low, high = difference_interval(found, weights, 0.95, 4000, 0)
    assert low < mean_difference(found, weights) < high
    rows = [random.integers(0, 200, 200) for _ in range(4000)]
    drawn = [mean_difference(found[row], weights[row]) for row in rows]
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.015)


def test_wins_among_light_rows_alone_are_not_enough():
    """Thirty wins of small weight do not suffice: four missing rows of the largest weight would offset them."""
    found = outcomes(0, 30, 170)
    weights = np.where(found == 1, 1.0, 20.0)
    assert sign_flip_p(found, weights, seed=0) > 0.05
    assert mcnemar(0, 30) < 1e-8


def test_no_more_false_alarms_than_promised_where_wins_are_light_and_losses_heavy_and_rare():
    random, alarms, trials = np.random.default_rng(11), 0, 400
    for _ in range(trials):
        light, heavy = random.poisson(30), random.poisson(30 / 6.7)  # equal weights are won and lost
        found = outcomes(heavy, light, 400)
        weights = np.concatenate([np.full(heavy, 6.7), np.ones(light), np.full(400, 6.7)])
        alarms += mean_difference(found, weights) > 0 and sign_flip_p(found, weights, seed=0, flips=4000) < 0.05
    assert alarms / trials <= 0.04


def test_equal_weights_are_reported():
    assert are_equal(np.array([2.0, 2.0]))
    assert are_equal(np.array([]))
    assert not are_equal(np.array([1.0, 2.0]))
