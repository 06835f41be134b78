"""From scores to answers, and invalid scores."""

import numpy as np
import pytest

from argosy.errors import DatasetInvalid, InputInvalid
from argosy.models.answers import check_scores, confidence
from argosy.models.estimators import estimators
from argosy.models.measuring import answer_scores


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_row_that_is_not_a_number_is_named(value):
    scores = np.zeros((4, 3))
    assert check_scores(scores) is scores
    assert check_scores(scores + 1.7e308).max() == 1.7e308
    scores[2:, 1] = value
    with pytest.raises(InputInvalid, match=r"^row 3: "):
        check_scores(scores)


def test_confidence_is_a_number_whatever_the_scores_are():
    scores = np.array([[1.7e308, -1.7e308], [0.0, 0.0], [0.0, 1.0], [1e-300, 0.0]])
    assert confidence(scores, has_probabilities=False).tolist() == [1.0, 0.0, 0.5, 1e-300]


def test_a_model_that_answers_no_numbers_is_not_measured():
    rows = np.array([[0.0], [1.0], [2.0]] * 5)
    model = estimators.get("logistic").create({"C": 10.0}).fit(rows, np.arange(15) % 3, 3)
    assert answer_scores(model, rows).shape == (15, 3)
    model.weights_[:] = np.nan
    with pytest.raises(DatasetInvalid, match="the evaluated rows: row 1: "):
        answer_scores(model, rows)
