"""V2's plain questions and answers are read and written as all others are."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import RequestInvalid
from argosy.http.responses import to_json
from argosy.models.decisions import TopLabels
from argosy.serving.requests import InferResponse
from argosy.serving.rest.v2_body import parse_body
from argosy.serving.rest.v2_plain import plain_answer, plain_question
from argosy.serving.tensors import output_tensors, rows_of_tensors

TEXTS = st.text(max_size=8) | st.text('a":\\{}[],\n\u00e9', max_size=8)
FIELDS = {
    "name": st.sampled_from(["text", "a:b", 'q"q']),
    "shape": st.sampled_from([[1], [2], [3], [2, 1], [1, 2], [0], []]),
    "datatype": st.sampled_from(["BYTES", "BYTES", "BYTES", "FP64"]),
    "data": st.lists(TEXTS, max_size=3) | st.sampled_from([[1.5], [None], [["a"]]]),
    "parameters": st.sampled_from([None, {"content_type": "str"}]),
}
PLAIN = ["name", "shape", "datatype", "data"]
OUTER = {
    "id": st.none() | TEXTS,
    "parameters": st.sampled_from([None, {}, {"subject": "ana"}]),
    "outputs": st.sampled_from([None, [{"name": "label"}]]),
}


@st.composite
def bodies(draw):
    """Bodies as a client might write them: fields may be missing, strange, or given twice."""
    ascii_only, colon = draw(st.booleans()), draw(st.sampled_from([":", ": ", " : "]))

    def written(pairs):
        return "{" + ",".join(f"{json.dumps(name)}{colon}{value}" for name, value in pairs) + "}"

    def drawn(names, fields):
        return [(name, json.dumps(draw(fields[name]), ensure_ascii=ascii_only)) for name in names]

    names = PLAIN + draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=1))
    tensor = written(drawn(names, FIELDS))
    outer = drawn(draw(st.lists(st.sampled_from(sorted(OUTER)), max_size=2)), OUTER)
    inputs = [("inputs", f"[{tensor}]")] * draw(st.sampled_from([1, 1, 1, 2]))
    return written(draw(st.permutations(inputs + outer))).encode("utf-8", "surrogatepass")


@settings(deadline=None, max_examples=400)
@given(bodies())
def test_a_plain_question_is_what_the_body_asks(body):
    plain = plain_question(body, most_rows=10)
    if plain is not None:
        parsed = parse_body(body)
        assert plain == (rows_of_tensors(parsed.inputs), parsed.id)
        assert (parsed.parameters, parsed.outputs) == (None, None)


@settings(deadline=None)
@given(st.lists(st.text(max_size=20).filter(lambda text: "\\" not in text), min_size=1, max_size=5), st.booleans())
def test_texts_alone_are_a_plain_question(texts, ascii_only):
    tensor = {"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    for more in ({}, {"id": "mine"}):
        body = json.dumps({**more, "inputs": [tensor]}, ensure_ascii=ascii_only).encode()
        assert plain_question(body, most_rows=5) == (texts, more.get("id"))
        assert plain_question(body, most_rows=len(texts) - 1) is None


def test_what_is_given_twice_is_refused():
    tensor = '{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a"], "data": ["b"]}'
    body = f'{{"inputs": [{tensor}]}}'.encode()
    assert plain_question(body, most_rows=1) is None
    with pytest.raises(RequestInvalid, match="'data' is given twice"):
        parse_body(body)


def response(answers, numbers, **more):
    scores = np.array(numbers)
    ids = [f"{row:044x}" for row in range(len(answers))]
    given = (scores.max(axis=1).tolist(), scores, scores, ids)
    return InferResponse('to"pics', 3, ["a", "b"], answers, *given, **more)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.floats(-2, 2), st.floats()), min_size=1, max_size=4), st.text())
def test_a_plain_answer_has_the_bytes_of_its_tensors(rows, request_id):
    one = response([label for label, _, _ in rows], [numbers for _, *numbers in rows])
    expected = {
        "model_name": 'to"pics',
        "model_version": "3",
        "id": request_id or one.prediction_ids[0],
        "parameters": {"prediction_id": one.prediction_ids[0]},
        "outputs": output_tensors(one),
    }
    assert plain_answer(one, request_id) == to_json(expected)


@pytest.mark.parametrize(
    "more", [{"kind": "regress"}, {"wants_scores": True}, {"top": TopLabels([["a"]], [[0.5]])}], ids=str
)
def test_an_answer_with_other_outputs_is_not_plain(more):
    assert plain_answer(response(["a"], [[0.25, 0.75]], **more), None) is None
