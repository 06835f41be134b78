"""Answers that are numbers, on the wire: from scores of one column to the outputs of both protocols."""

import numpy as np
import pytest

from argosy.errors import RequestInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.answers import answer_kind, answers_of, confidence
from argosy.serving.requests import InferResponse
from argosy.serving.rest.prediction_rows import prediction_columns, prediction_rows
from argosy.serving.tensors import check_outputs, output_tensors

SCORES = np.array([[1.5], [-0.1], [1e300]])


def response():
    answers = answers_of(SCORES, [VALUE])
    return InferResponse(
        "price", 1, [VALUE], answers, [0.0] * 3, SCORES, SCORES, ["a", "b", "c"], answer_kind([VALUE], None)
    )


def test_only_the_lone_class_value_without_thresholds_is_a_number():
    assert answer_kind([VALUE], None) == "regress"
    assert answer_kind([VALUE], np.array([0.5])) == "classify"
    assert answer_kind([VALUE, "other"], None) == "classify"


def test_an_answer_is_the_exact_text_of_its_number_and_nothing_is_known_of_its_confidence():
    assert answers_of(SCORES, [VALUE]) == ["1.5", "-0.1", "1e+300"]
    assert [float(one) for one in answers_of(SCORES, [VALUE])] == SCORES[:, 0].tolist()
    assert confidence(SCORES, has_probabilities=False).tolist() == [0, 0, 0]


def test_outputs_of_v2():
    value, ids = output_tensors(response())
    assert value == {"name": "value", "datatype": "FP64", "shape": [3], "data": [1.5, -0.1, 1e300]}
    assert ids["name"] == "prediction_id"
    check_outputs(["value"], "regress")
    with pytest.raises(RequestInvalid, match="there are: value, prediction_id"):
        check_outputs(["label"], "regress")


def test_outputs_of_tensorflow_serving():
    assert prediction_rows(response()) == {"predictions": [1.5, -0.1, 1e300], "prediction_ids": ["a", "b", "c"]}
    assert prediction_columns(response()) == {"outputs": [1.5, -0.1, 1e300], "prediction_ids": ["a", "b", "c"]}
