import numpy as np
import pytest

from argosy.errors import DatasetInvalid
from argosy.label_numbers import number_in, numbers_in
from argosy.models.number_evaluation import evaluate_numbers


def test_the_figures_are_those_of_their_definitions():
    truth, answers = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 2.0])
    found = evaluate_numbers(truth, answers, seed=0).to_dict()
    assert found["mae"]["value"] == pytest.approx(2.5 / 3)
    assert found["rmse"]["value"] == pytest.approx(np.sqrt(4.25 / 3))
    assert found["r2"]["value"] == pytest.approx(1 - 4.25 / ((truth - truth.mean()) ** 2).sum())


def test_intervals_contain_the_truth_about_as_often_as_they_say():
    random, held = np.random.default_rng(0), 0
    for seed in range(200):
        truth = random.normal(size=100)
        found = evaluate_numbers(truth, truth + random.normal(size=100), seed, resamples=300).figures["mae"]
        held += found.low <= np.sqrt(2 / np.pi) <= found.high
    assert 180 <= held <= 198


def test_figures_do_not_depend_on_the_unit():
    random = np.random.default_rng(1)
    truth, errors = random.normal(size=50), random.normal(size=50) / 3
    small = evaluate_numbers(truth, truth + errors, seed=0)
    for scale in (1e-200, 1e200):
        large = evaluate_numbers(truth * scale, (truth + errors) * scale, seed=0)
        assert large.figures["r2"].low == pytest.approx(small.figures["r2"].low, rel=1e-5)
        assert large.figures["rmse"].high == pytest.approx(small.figures["rmse"].high * scale, rel=1e-5)


def test_r2_is_left_out_where_the_truth_does_not_vary():
    assert set(evaluate_numbers(np.ones(5), np.zeros(5), seed=0).figures) == {"mae", "rmse"}
    with pytest.raises(DatasetInvalid, match="no rows"):
        evaluate_numbers(np.zeros(0), np.zeros(0), seed=0)


@pytest.mark.parametrize(("label", "number"), [("3", 3), ("-0.5", -0.5), (" 1e3 ", 1000), (".5", 0.5), ("7.", 7)])
def test_numbers(label, number):
    assert number_in(label) == number


@pytest.mark.parametrize("label", ["", "tall", "nan", "inf", "1e999", "1_000", "1,5", "0x10", "٣", "true"])
def test_what_is_no_number(label):
    assert number_in(label) is None


def test_the_first_row_without_a_number_is_named():
    with pytest.raises(ValueError, match="row 2: the label 'tall' is not a number"):
        numbers_in(["1", "tall", "short"])
