"""Caller, subject and entity as exact text, from headers and parameters; labels of feedback in every form."""

import json

import pytest

from argosy.errors import FeedbackInvalid, RequestInvalid
from argosy.feedback.routes import parse_given
from argosy.http.request_head import RequestHead
from argosy.predictions.feedback_writer import label_of_given
from argosy.serving.rest.callers import identities_in, identities_of


def said(**headers):
    fields = [(f"argosy-{name}".encode(), value) for name, value in headers.items()]
    return identities_of(RequestHead("POST", b"/", b"", "1.1", fields))


@pytest.mark.parametrize(
    ("given", "text"),
    [(90071992547409937, "90071992547409937"), (2**70, str(2**70)), (" Zoe\u0308 ", "Zo\u00eb"), ("", None)],
)
def test_parameters_name_exactly(given, text):
    assert identities_in({"subject": given}, said())["subject"] == text


def test_headers_come_under_the_same_rule():
    found = identities_in({"entity": None}, said(subject=" Zoe\u0308 ".encode(), entity=b"17"))
    assert found == {"client": None, "subject": "Zo\u00eb", "entity": "17"}


def test_parameters_go_before_headers():
    assert identities_in({"entity": "18"}, said(subject=b"anna", entity=b"17"))["entity"] == "18"


@pytest.mark.parametrize("given", [0.5, 9e16, True, [], {}, "x" * 1001])
def test_inexact_names_are_refused(given):
    with pytest.raises(RequestInvalid, match="subject"):
        identities_in({"subject": given}, said())


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
