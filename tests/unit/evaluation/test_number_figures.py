"""Answers that are numbers, where models are ranked, checked, watched and replayed."""

import numpy as np
import pytest

from argosy.datasets.label_counts import baseline
from argosy.datasets.label_kinds import check_labels
from argosy.definitions.definition import Spec
from argosy.definitions.metrics import figure_text
from argosy.errors import DefinitionInvalid
from argosy.evaluation.analysis import number_groups
from argosy.evaluation.drift import compare_profiles
from argosy.evaluation.suspicion import as_right
from argosy.feedback.replay import Row, numeric_rows
from argosy.models.estimators import estimators
from argosy.models.rows_right import pack_errors, unpack_errors, unpack_right
from argosy.predictions.profiles import NUMBER, Profile, number_profile
from argosy.store.ranking import headline, is_of_numbers, rank
from argosy.store.trained import Trained, answers_alike


def trained(label, mae, errors, digest="d"):
    found = {"value": mae, "low": mae - 0.1, "high": mae + 0.1}
    metrics = {"validation": {"mae": found, "rmse": found, "r2": {"value": 1 - mae, "low": 0, "high": 1}}}
    rows_right = None if errors is None else pack_errors([errors])
    return Trained(label, {}, digest, label, 100, metrics, {}, 1.0, 1.0, {}, {}, rows_right=rows_right)


def test_the_smaller_error_is_ranked_first_and_ties_are_tested_row_by_row():
    random = np.random.default_rng(0)
    errors = np.abs(random.normal(size=200))
    near, alike, far = errors, errors + random.normal(0, 0.3, 200), errors + 1
    rows = rank([trained("far", 1.8, far), trained("alike", 0.81, alike), trained("near", 0.8, near)], {})
    assert [(row.trained.label, row.tied) for row in rows] == [("near", True), ("alike", True), ("far", False)]
    assert {row.metric for row in rows} == {"mae"}
    by_r2 = rank([trained("low", 0.9, far), trained("high", 0.1, near)], {}, "r2")
    assert [row.trained.label for row in by_r2] == ["high", "low"]


def test_models_of_numbers_and_of_classes_are_ranked_apart():
    accuracy = {"validation": {"accuracy": {"value": 0.9, "low": 0.8, "high": 1.0}}}
    classes = Trained("classes", {}, "d", "a", 100, accuracy, {}, 1.0, 1.0, {}, {})
    rows = rank([classes, trained("numbers", 0.5, None)], {})
    assert {row.rank for row in rows} == {1}
    assert [is_of_numbers(row.trained) for row in rows] == [headline(row.trained) == "mae" for row in rows]
    assert sorted(row.metric for row in rows) == ["accuracy", "mae"]


def test_errors_are_kept_in_four_bytes():
    (found,) = unpack_errors(pack_errors([np.array([0.5, 1e300])]))
    assert found[0] == 0.5
    assert np.isfinite(found).all()
    assert unpack_right(pack_errors([np.array([0.5])])) == [(1, 0)]


def test_one_number_for_all_rows_is_constant():
    assert answers_alike({"numbers": {"rows": 9, "truth_spread": 1.0, "answer_spread": 0.0}})
    assert not answers_alike({"numbers": {"rows": 9, "truth_spread": 0.0, "answer_spread": 0.0}})


def test_the_mean_baseline_is_that_of_the_training_part():
    counts = {"train": {"1": 3, "5": 1}, "validation": {"2": 1}, "test": {"0": 1, "4": 1}}
    found = baseline(counts, are_numbers=True)
    assert (found.label, found.validation, found.test, found.metric) == ("2.000", 0.0, 2.0, "mae")
    assert str(found) == "always '2.000': MAE 0.000 on validation, 2.000 on test"


def test_labels_must_be_numbers():
    check_labels(Spec("ridge", {}), estimators, "rows", {"train": {"1": 2, "-2.5e3": 1}})
    with pytest.raises(DefinitionInvalid, match="ridge learns numbers, and 3 rows of 'rows' have another label"):
        check_labels(Spec("ridge", {}), estimators, "rows", {"train": {"1": 2, "tall": 2}, "test": {"nan": 1}})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.000"), (0.98765, "0.988"), (-0.5, "-0.500"), (1.2345e-4, "0.000123"), (54321.9, "54,322")],
)
def test_figures_of_any_size(value, text):
    assert figure_text(value) == text


def test_drift_of_numbers_is_of_their_mean():
    reference, live = number_profile([1.0, 2.0, 3.0], [10, 10, 10]), number_profile([4.0, 6.0], [20, 20])
    assert (live.rows, live.means[NUMBER].mean, live.means[NUMBER].variance) == (40, 5.0, pytest.approx(40 / 39))
    found = compare_profiles(reference, live)
    assert list(found.shifts) == [NUMBER]
    assert found.shifts[NUMBER].value == 3.0
    assert found.shown() == [NUMBER]
    assert number_profile([], []) == Profile()
    both = live + live
    assert (both.rows, both.means[NUMBER].mean) == (80, 5.0)


def test_a_replay_leaves_out_what_is_no_number():
    rows = [Row("a", "1.5", "2"), Row("b", "1.5", "a lot"), Row("c", "tech", "2")]
    assert [row.prediction_id for row in numeric_rows(rows)] == ["a"]


def test_errors_up_to_the_median_count_as_right():
    errors = np.array([0.1, 0.2, 5.0])
    assert as_right(errors, np.array([0.1, 0.3])).tolist() == [True, True, False]
    assert as_right(errors, np.zeros(0)).tolist() == [True, True, False]
    assert as_right(np.array([True, False]), np.zeros(0)).tolist() == [True, False]


def test_rows_are_grouped_by_their_answers():
    answers = np.arange(100.0)
    groups = number_groups(answers[::-1], answers[::-1] + 1)
    assert sum(group.rows for group in groups) == 100
    assert [group.label.value - group.answer for group in groups] == pytest.approx([1] * len(groups))
    assert [group.answer for group in groups] == sorted(group.answer for group in groups)
    assert len(number_groups(answers[:3], answers[:3])) == 1
    assert number_groups(answers[:0], []) == []
