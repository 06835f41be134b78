"""Who asks about whom, exactly: over headers and parameters, and labels of feedback in every form."""

import json

import pytest
from starlette.requests import Request

from argosy.errors import FeedbackInvalid, RequestInvalid
from argosy.serving.rest.bodies import who
from argosy.serving.rest.endpoint import CALLER
from argosy.serving.rest.feedback import _label, parse


def request(**headers):
    pairs = [(f"argosy-{name}".encode(), value) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs, CALLER: None})


@pytest.mark.parametrize(
    ("given", "text"),
    [(90071992547409937, "90071992547409937"), (2**70, str(2**70)), (" Zoe\u0308 ", "Zo\u00eb"), ("", None)],
)
def test_parameters_name_exactly(given, text):
    assert who(request(), {"subject": given})["subject"] == text


def test_headers_come_under_the_same_rule():
    found = who(request(subject=" Zoe\u0308 ".encode(), entity=b"17"), {"entity": None})
    assert found == {"client": None, "subject": "Zo\u00eb", "entity": "17", "token": ""}


@pytest.mark.parametrize("given", [0.5, 9e16, True, [], {}, "x" * 1001])
def test_what_names_nobody_exactly_is_refused(given):
    with pytest.raises(RequestInvalid, match="subject"):
        who(request(), {"subject": given})


@pytest.mark.parametrize(
    ("given", "label"), [(True, "true"), ("TRUE", "true"), (1.0, "1"), (["b", "a", True], '["a","b","true"]')]
)
def test_feedback_takes_labels_in_every_form(given, label):
    body = parse(json.dumps({"label": given, "prediction_id": "p"}).encode(), "")
    assert _label(body.label) == label


@pytest.mark.parametrize("given", ["", [{}], "[1 0]"])
def test_what_is_no_label_is_refused(given):
    with pytest.raises(FeedbackInvalid, match="label"):
        _label(given)
