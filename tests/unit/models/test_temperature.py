"""The temperature that makes probabilities of scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from argosy.errors import ArtifactCorrupt
from argosy.models.adapted_model import AdaptedModel
from argosy.models.temperature import (
    Temperature,
    answer_confidence,
    learn_temperature,
    probabilities_of,
    without_temperature,
)


def drawn(rows, factor, classes=3, seed=1):
    """Scores, and codes drawn by the softmax of the scores times the factor."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(rows, classes))
    chances = probabilities_of(scores, Temperature(1 / factor, rows))
    return scores, (chances.cumsum(axis=1) > random.random((rows, 1))).argmax(axis=1)


@pytest.mark.parametrize("factor", [0.2, 1.0, 8.0])
@pytest.mark.parametrize("classes", [2, 5])
def test_it_finds_what_the_labels_were_drawn_by(factor, classes):
    found = learn_temperature(*drawn(20_000, factor, classes))
    assert found.value == pytest.approx(1 / factor, rel=0.05)
    assert found.rows == 20_000


def test_it_is_likelier_than_its_neighbours():
    scores, codes = drawn(300, 3.0)
    found = learn_temperature(scores, codes).value

    def loss(value):
        chances = probabilities_of(scores, Temperature(value, 1))
        target = np.full_like(chances, 1 / 303)
        target[np.arange(300), codes] += 300 / 303
        return -(target * np.log(chances)).sum()

    assert loss(found) < min(loss(found * 1.01), loss(found / 1.01))


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e300])
def test_any_scale_and_rows_that_are_all_right_or_all_wrong_give_a_finite_one(scale):
    scores = np.array([[1.0, 0.0], [0.0, 1.0], [0.2, 0.0]]) * scale
    for codes in ([0, 1, 0], [1, 0, 1]):
        found = learn_temperature(scores, np.array(codes))
        assert 0 < found.value < np.inf
        chances = probabilities_of(scores, found)
        assert chances.sum(axis=1) == pytest.approx(1)
        assert (chances.argmax(axis=1) == scores.argmax(axis=1)).all()
    sure = probabilities_of(scores, learn_temperature(scores, np.array([0, 1, 0])))
    assert 0.5 < sure.max() < 0.99


def test_rows_of_unknown_classes_teach_nothing():
    scores, codes = drawn(50, 2.0)
    other = np.vstack([scores, -scores])
    assert learn_temperature(other, np.concatenate([codes, np.full(50, -1)])) == learn_temperature(scores, codes)
    assert learn_temperature(scores, np.full(50, -1)) is None
    with without_temperature(True):
        assert learn_temperature(scores, codes) is None


@settings(max_examples=50, deadline=None, derandomize=True)
@given(arrays(np.float64, (3, 4), elements=st.floats(-1e308, 1e308)), st.floats(1e-300, 1e300))
def test_probabilities_are_finite_and_in_the_order_of_the_scores(scores, value):
    for temperature in (None, Temperature(value, 1)):
        chances = probabilities_of(scores, temperature)
        assert np.isfinite(chances).all()
        assert chances.sum(axis=1) == pytest.approx(1)
        assert (chances.max(axis=1) == chances[np.arange(3), scores.argmax(axis=1)]).all()


def test_the_confidence_is_the_highest_probability_where_there_is_a_temperature():
    scores = np.array([[2.0, 0.0]])
    assert answer_confidence(scores, False, Temperature(2.0, 9)) == pytest.approx(
        probabilities_of(scores, Temperature(2.0, 9))[0, 0]
    )
    assert answer_confidence(scores, False, None) == pytest.approx(2 / 3)


def test_it_is_stored_with_the_model():
    model = AdaptedModel.from_names("tfidf", {"min_count": 1}, "svm").fit(["good goal", "bank rate"], ["x", "y"])
    assert "calibration" not in model.to_dict()
    model.temperature = Temperature(0.25, 7)
    stored = model.to_dict()
    assert stored["calibration"] == {"method": "temperature", "value": 0.25, "rows": 7}
    again = AdaptedModel.from_dict(stored)
    assert again.temperature == model.temperature
    assert again.served().temperature == model.temperature
    assert again.confidence(["good goal"]) == again.probabilities_of_scores(again.scores(["good goal"])).max(axis=1)
    for damaged in ({"method": "magic"}, {"value": 0}, {"value": "NaN"}, {"rows": None}):
        with pytest.raises(ArtifactCorrupt):
            AdaptedModel.from_dict({**stored, "calibration": {**stored["calibration"], **damaged}})
