"""Figures that results, gates and reports depend on, compared with stored values."""

from __future__ import annotations

import numpy as np
import pytest

from argosy.evaluation.decision import PairedAnswers, more_reviews
from argosy.statistics.calibration_bins import calibration_bins, calibration_error
from argosy.statistics.intervals import percentile_interval, resampled_means, wilson
from argosy.statistics.paired_tests import corrected_error, corrected_interval, corrected_t, mcnemar, micro_f1_p
from argosy.statistics.shifts import Moments, mean_shift, mix_shift
from argosy.statistics.weighted_pairs import difference_interval, sign_flip_p

OUTCOMES = np.array([-1] * 20 + [1] * 41 + [0] * 100, np.int8)
WEIGHTS = np.where(np.arange(161) % 3 == 0, 4.0, 1.0)
SPLITS = [0.01, 0.03, -0.01, 0.02, 0.04]


def golden(*values):
    return pytest.approx(values, rel=1e-10)


@pytest.mark.parametrize(
    ("hits", "rows", "low", "high"),
    [
        (0, 7, 0.0, 0.3543304350666875),
        (13, 40, 0.200845022317827, 0.47982253810122333),
        (300, 300, 0.9873570287754538, 1.0),
    ],
)
def test_a_share(hits, rows, low, high):
    found = wilson(hits, rows)
    assert (found.low, found.high) == golden(low, high)


def test_a_resampled_mean():
    found = percentile_interval(0.4, resampled_means(np.arange(200) % 5 / 5.0, 3, 500), 0.95)
    assert (found.low, found.high) == golden(0.36200002574920653, 0.44099998474121094)


def test_two_models_on_the_same_rows():
    assert [mcnemar(*pair) for pair in ((3, 12), (20, 41), (50_000, 50_600))] == golden(
        0.03515625000000004, 0.009853448195259467, 0.05895199587120967
    )
    sizes = np.arange(400) % 4 + 2
    hits, others = (np.minimum(column, sizes // 2) for column in (np.arange(400) % 3, np.arange(400) * 7 % 5))
    assert micro_f1_p([(hits, sizes)], [(others, sizes)]) == pytest.approx(5.62229851033856e-09, rel=1e-10)


def test_two_models_on_repeated_splits():
    assert corrected_t(SPLITS, 0.25) == pytest.approx(0.23549636025944315, rel=1e-10)
    assert corrected_error(SPLITS, 0.25) == pytest.approx(0.012903487900563941, rel=1e-10)
    found = corrected_interval(SPLITS, 0.25)
    reach = 2.7764451051977987 * 0.012903487900563941  # Student's t with four degrees of freedom, 97.5 %
    assert (found.value, found.low, found.high) == golden(0.018, 0.018 - reach, 0.018 + reach)


def test_weighted_rows():
    assert difference_interval(OUTCOMES, WEIGHTS, 0.95, 4000, 1) == golden(0.019458190508376466, 0.24233128834355827)
    assert sign_flip_p(OUTCOMES, WEIGHTS, 1, 20_000) == pytest.approx(0.04899755012249388, rel=1e-10)
    assert more_reviews(PairedAnswers(OUTCOMES <= 0, OUTCOMES >= 0, WEIGHTS), 0.95) == 109


def test_shifts():
    mix = mix_shift({"a": 50, "b": 30, "c": 20}, {"a": 70, "b": 30, "d": 4})
    assert (mix.value, mix.low, mix.high, mix.p_value) == golden(
        0.21153846153846156, 0.04344230769230778, 0.3040523076923077, 0.0074962518740629685
    )
    mean = mean_shift(Moments(400, 3.1, 180.0), Moments(130, 3.3, 90.0))
    assert (mean.value, mean.low, mean.high, mean.p_value, mean.size, mean.least_size) == golden(
        0.2, 0.04101594761540692, 0.3589840523845925, 0.01396016921281551, 0.1049720666461195, 0.02158749157241334
    )


def test_calibration():
    bins = calibration_bins(np.linspace(0.3, 0.99, 200), np.arange(200) % 4 != 0)
    assert calibration_error(bins) == pytest.approx(0.18762814070351758, rel=1e-10)
    assert (bins[0].probability, bins[0].right.low, bins[0].right.high) == golden(
        0.3329396984924623, 0.531299122381256, 0.8881382985923343
    )
