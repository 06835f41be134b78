"""Metrics are scikit-learn's, and their intervals cover what they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from argosy.errors import DatasetInvalid
from argosy.models.evaluation import evaluate
from argosy.statistics.intervals import resampled_means


def rows(n, n_classes, seed, skill=0.5):
    random = np.random.default_rng(seed)
    true = random.integers(0, n_classes, n)
    odds = random.random((n, n_classes)) + skill * np.eye(n_classes)[true]
    return true, odds / odds.sum(axis=1, keepdims=True)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 200), st.integers(2, 9), st.integers(0, 1000))
def test_figures_are_those_of_scikit_learn(n, n_classes, seed):
    true, probabilities = rows(n, n_classes, seed)
    answers = probabilities.argmax(axis=1)
    metrics = evaluate(true, probabilities, probabilities, n_classes, seed=0, resamples=50)
    assert metrics.rows == n
    assert metrics.accuracy.value == pytest.approx(accuracy_score(true, answers), abs=1e-12)
    assert metrics.macro_f1.value == pytest.approx(f1_score(true, answers, average="macro", zero_division=0), abs=1e-12)
    expected = log_loss(true, probabilities, labels=range(n_classes))
    assert metrics.log_loss.value == pytest.approx(expected, abs=1e-9)
    assert (metrics.confusion == confusion_matrix(true, answers, labels=range(n_classes))).all()
    for figure in metrics.to_dict().values():
        assert 0 <= figure["low"] <= figure["high"]


def test_resampling_cells_is_resampling_rows():
    true, probabilities = rows(300, 4, seed=3)
    answers = probabilities.argmax(axis=1)
    metrics = evaluate(true, probabilities, None, 4, seed=0, resamples=2000)
    random = np.random.default_rng(1)
    drawn = random.integers(0, 300, (2000, 300))
    f1 = [f1_score(true[rows_], answers[rows_], average="macro", zero_division=0) for rows_ in drawn[:300]]
    accuracy = (true == answers)[drawn].mean(axis=1)
    assert metrics.accuracy.low == pytest.approx(np.quantile(accuracy, 0.025), abs=0.01)
    assert metrics.accuracy.high == pytest.approx(np.quantile(accuracy, 0.975), abs=0.01)
    assert metrics.macro_f1.low == pytest.approx(np.quantile(f1, 0.025), abs=0.015)
    assert metrics.macro_f1.high == pytest.approx(np.quantile(f1, 0.975), abs=0.015)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        true = random.integers(0, 2, 400)
        scores = np.eye(2)[np.where(random.random(400) < 0.8, true, 1 - true)]
        accuracy = evaluate(true, scores, None, 2, seed=1, resamples=300, confidence=0.9).accuracy
        covered += accuracy.low <= 0.8 <= accuracy.high
    assert 165 <= covered <= 195  # 180 expected, deviation 4.2


def test_many_rows_have_the_interval_that_resampling_gives():
    values = np.random.default_rng(0).exponential(size=20_001)
    draws = resampled_means(values, 1, 4000)
    error = values.std() / np.sqrt(len(values))
    assert np.quantile(draws, 0.975) == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


@pytest.mark.parametrize("n", [50, 5000])  # drawn from what is kept between calls, and drawn anew
def test_means_are_resampled_as_they_are_defined(n):
    values = np.random.default_rng(0).exponential(size=n)
    draws = resampled_means(values, 3, 1000)
    assert draws.mean() == pytest.approx(values.mean(), abs=5 * values.std() / np.sqrt(n) / np.sqrt(1000))
    assert draws.std() == pytest.approx(values.std() / np.sqrt(n), rel=0.12)


def test_a_label_that_the_model_does_not_know_is_a_miss():
    true = np.array([0, 1, -1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    metrics = evaluate(true, probabilities, probabilities, 2, seed=0)
    assert metrics.accuracy.value == pytest.approx(2 / 3)
    assert metrics.confusion.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert metrics.log_loss.value > 10


def test_the_same_seed_gives_the_same_intervals():
    true, probabilities = rows(100, 3, seed=0)
    assert evaluate(true, probabilities, probabilities, 3, 5).to_dict() == (
        evaluate(true, probabilities, probabilities, 3, 5).to_dict()
    )
    assert evaluate(true, probabilities, None, 3, 5).to_dict().keys() == {"accuracy", "macro_f1"}


def test_no_rows_are_refused():
    with pytest.raises(DatasetInvalid, match="no rows"):
        evaluate(np.zeros(0, np.int64), np.zeros((0, 2)), None, 2, seed=0)
