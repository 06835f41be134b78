"""Caller, subject and entity as exact text, from headers and parameters; labels of feedback in every form."""

import json

import pytest
from starlette.requests import Request

from argosy.errors import FeedbackInvalid, RequestInvalid
from argosy.feedback.routes import parse_given
from argosy.http.endpoint import CALLER, DEADLINE
from argosy.predictions.feedback_writer import label_of_given
from argosy.serving.rest.callers import caller_of


def request(**headers):
    pairs = [(f"argosy-{name}".encode(), value) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs, CALLER: None, DEADLINE: 7.0})


@pytest.mark.parametrize(
    ("given", "text"),
    [(90071992547409937, "90071992547409937"), (2**70, str(2**70)), (" Zoe\u0308 ", "Zo\u00eb"), ("", None)],
)
def test_parameters_name_exactly(given, text):
    assert caller_of(request(), {"subject": given})["subject"] == text


def test_headers_come_under_the_same_rule():
    found = caller_of(request(subject=" Zoe\u0308 ".encode(), entity=b"17"), {"entity": None})
    assert found == {
        "client": None,
        "subject": "Zo\u00eb",
        "entity": "17",
        "token": "",
        "deadline": 7.0,
        "wants_scores": False,
    }


@pytest.mark.parametrize("given", [0.5, 9e16, True, [], {}, "x" * 1001])
def test_inexact_names_are_refused(given):
    with pytest.raises(RequestInvalid, match="subject"):
        caller_of(request(), {"subject": given})


@pytest.mark.parametrize(
    ("given", "label"), [(True, "true"), ("TRUE", "true"), (1.0, "1"), (["b", "a", True], '["a","b","true"]')]
)
def test_feedback_takes_labels_in_every_form(given, label):
    body = parse_given(json.dumps({"label": given, "prediction_id": "p"}).encode(), "")
    assert label_of_given(body.label) == label


@pytest.mark.parametrize("given", ["", [{}], "[1 0]"])
def test_an_invalid_label_is_refused(given):
    with pytest.raises(FeedbackInvalid, match="label"):
        label_of_given(given)


@pytest.mark.parametrize("twice", ['"label": "b"', '"source": "x", "source": "y"'])
def test_feedback_with_a_duplicate_key_is_refused(twice):
    key = twice[1:].partition('"')[0]
    with pytest.raises(FeedbackInvalid, match=f"the key '{key}' is given twice"):
        parse_given(f'{{"label": "a", "prediction_id": "p", {twice}}}'.encode(), "")
