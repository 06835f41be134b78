"""The figures of a report agree with textbooks and with other implementations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.statistics.calibration_bins import calibration_bins, calibration_error
from argosy.statistics.class_figures import class_figures, confused
from argosy.statistics.intervals import wilson
from argosy.statistics.label_doubts import doubtful_labels

CONFUSION = [[8, 2, 0], [1, 9, 0], [0, 5, 0], [1, 0, 0]]
LABELS = ["a", "b", "c"]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 200), st.integers(1, 200))
def test_a_share_lies_in_its_interval_as_scipy_has_it(hits, rows):
    from scipy.stats import binomtest

    hits = min(hits, rows)
    found, expected = wilson(hits, rows), binomtest(hits, rows).proportion_ci(0.95, "wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_no_rows_have_no_share():
    assert wilson(0, 0) is None


def test_classes_as_scikit_learn_has_them():
    from sklearn.metrics import precision_recall_fscore_support

    true, answers = np.argwhere(CONFUSION).T
    times = np.array(CONFUSION)[true, answers]
    true, answers = np.repeat(true, times), np.repeat(answers, times)
    precision, recall, f1, rows = precision_recall_fscore_support(true, answers, labels=[0, 1, 2], zero_division=0)
    found = class_figures(LABELS, CONFUSION)
    assert [one.recall.value for one in found] == pytest.approx(recall)
    assert [one.precision.value if one.precision else 0 for one in found] == pytest.approx(precision)
    assert [one.f1 for one in found] == pytest.approx(f1)
    assert [one.rows for one in found] == rows.tolist()
    assert [one.answers for one in found] == [10, 16, 0]


def test_mistakes_are_listed_the_most_frequent_first():
    assert confused(LABELS, CONFUSION) == [("c", "b", 5), ("a", "b", 2), ("(never learned)", "a", 1), ("b", "a", 1)]


def test_a_calibrated_model_has_little_error_and_an_overconfident_one_its_excess():
    random = np.random.default_rng(0)
    probabilities = random.uniform(0.5, 1, 20_000)
    right = random.uniform(size=20_000) < probabilities
    bins = calibration_bins(probabilities, right)
    assert sum(one.rows for one in bins) == 20_000
    assert calibration_error(bins) < 0.015
    assert sum(one.right.low <= one.probability <= one.right.high for one in bins) >= 8
    assert calibration_error(calibration_bins(np.minimum(probabilities + 0.2, 1), right)) > 0.1
    assert calibration_error([]) is None


def test_few_rows_make_few_bins():
    assert len(calibration_bins(np.linspace(0.5, 1, 25), np.ones(25, bool))) == 2


def test_flipped_labels_are_found_and_come_first():
    random = np.random.default_rng(1)
    true = random.integers(0, 4, 800)
    scores = random.dirichlet(np.ones(4) * 0.4, 800) * 0.4
    scores[np.arange(800), true] += 0.6
    labels = true.copy()
    flipped = random.choice(800, 40, replace=False)
    labels[flipped] = (labels[flipped] + 1) % 4
    labels[5] = -1
    found = doubtful_labels(labels, scores)
    rows = [one.row for one in found]
    wanted = set(flipped.tolist()) - {5}
    assert len(wanted & set(rows)) >= 0.8 * len(wanted)
    assert len(wanted & set(rows)) >= 0.9 * len(rows)
    assert all(one.suggested == true[one.row] for one in found if one.row in wanted)
    assert [one.margin for one in found] == sorted((one.margin for one in found), reverse=True)
    assert 5 not in rows


def test_nothing_known_is_nothing_in_doubt():
    assert doubtful_labels(np.array([-1, -1]), np.ones((2, 3))) == []
