import numpy as np
import pytest

from argosy.evaluation.gate import judge
from argosy.statistics.paired_errors import gain_interval, gain_p, mean_gain
from argosy.statistics.paired_tests import mean_error_p


def test_a_model_that_is_no_nearer_is_rarely_promoted():
    random, promoted = np.random.default_rng(0), 0
    for _ in range(200):
        first, other = np.abs(random.standard_t(3, (2, 40)))
        promoted += judge(first, other, resamples=500).promote
    assert promoted <= 12  # 2.5 % of 200 are 5


def test_one_that_is_nearer_is():
    random = np.random.default_rng(1)
    first = np.abs(random.normal(size=300))
    verdict = judge(first, first * 0.8, resamples=1000)
    assert verdict.promote
    assert verdict.metric == "mae"
    assert verdict.champion_error == pytest.approx(first.mean())
    assert verdict.difference == pytest.approx(0.2 * first.mean())
    assert verdict.low < verdict.difference < verdict.high
    assert verdict.reason.startswith("better: a mean absolute error of ")
    assert not judge(first * 0.8, first, resamples=1000).promote


def test_few_rows_are_counted_out_and_many_taken_as_normal():
    random = np.random.default_rng(2)
    gains = random.normal(0.06, 1, 1000)
    assert gain_p(gains, np.ones(1000), 0) == pytest.approx(gain_p(np.append(gains, 0.0), np.ones(1001), 0), abs=0.01)
    assert gain_p(np.ones(3), np.ones(3), 0) == pytest.approx(0.25, abs=0.01)
    assert gain_p(np.zeros(5), np.ones(5), 0) == 1.0


def test_weights_count():
    gains, weights = np.array([1.0, -1.0]), np.array([3.0, 1.0])
    assert mean_gain(gains, weights) == 0.5
    low, high = gain_interval(gains, weights, 0.95, 500, 0)
    assert (low, high) == (-1, 1)


def test_the_unit_does_not_matter():
    gains, weights = np.random.default_rng(3).normal(0.1, 1, 200), np.ones(200)
    low, high = gain_interval(gains, weights, 0.95, 500, 0)
    assert gain_interval(gains * 1e150, weights, 0.95, 500, 0) == pytest.approx((low * 1e150, high * 1e150))
    assert gain_p(gains * 1e150, weights, 0) == gain_p(gains, weights, 0)


def test_the_paired_t_of_errors_is_scipys():
    from scipy.stats import ttest_rel

    first, other = np.abs(np.random.default_rng(4).normal(size=(2, 50)))
    assert mean_error_p([first], [other]) == pytest.approx(ttest_rel(first, other).pvalue)
    assert mean_error_p([first[:20], first[20:]], [other[:20], other[20:]]) == mean_error_p([first], [other])
    assert mean_error_p([first], [first]) == 1.0
    assert mean_error_p([first], [other[:20]]) is None


def test_errors_and_right_or_wrong_do_not_compare():
    with pytest.raises(ValueError, match="not the same rows"):
        judge(np.ones(40), np.ones(40, bool))
