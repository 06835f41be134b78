"""Classify and regress of models with signatures: examples to messages of TensorFlow, outputs to results."""

import json
import struct
from math import nan

import numpy as np
import pytest

from argosy.errors import InputInvalid, RequestInvalid, RequestTooLarge
from argosy.models.protocol_buffers import WireMessage
from argosy.models.signature import Signature, TensorSpec
from argosy.serving.limits import InputLimits
from argosy.serving.requests import InferResponse
from argosy.serving.rest.tensor_examples import method_results, method_signature, rows_of_examples

LIMITS = InputLimits()


def signature(method, **outputs):
    given = tuple(TensorSpec(name, datatype, (-1, -1)) for name, datatype in outputs.items())
    return Signature((TensorSpec("inputs", "BYTES", (-1,)),), given, is_batched=True, method=method)


REGRESS, CLASSIFY = signature("regress", outputs="FP32"), signature("classify", classes="BYTES", scores="FP32")
PREDICT = Signature((TensorSpec("x", "FP32", (-1,)),), (TensorSpec("y", "FP32", (-1,)),))


def decoded(example):
    """Of a tf.train.Example: the values by feature, as a list after the name of their kind."""
    features = WireMessage(memoryview(example)).message(1).mapping(1)
    return {name: _values(feature) for name, feature in features.items()}


def _values(feature):
    found = {}
    if texts := feature.parts(1):
        found["bytes"] = [bytes(one) for one in WireMessage(texts[0]).parts(1)]
    if numbers := feature.parts(2):
        packed = WireMessage(numbers[0]).part(1)
        found["float"] = list(struct.unpack(f"<{len(packed) // 4}f", packed))
    if whole := feature.parts(3):
        found["int64"] = whole_numbers(bytes(WireMessage(whole[0]).part(1)))
    return found


def whole_numbers(packed):
    found, value, shift = [], 0, 0
    for byte in packed:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value - (1 << 64) if value >> 63 else value)
            value, shift = 0, 0
    return found


def rows(*examples, **more):
    return rows_of_examples({"examples": list(examples), **more}, "s", REGRESS, LIMITS)


def test_features_become_lists_of_their_kind():
    found = rows({"a": 1, "b": [1.5, 2], "c": "é", "d": [{"b64": "/w=="}, "x"], "e": [], "f": [-1, 1 << 62]}, {})
    assert (len(found), found.is_batched) == (2, True)
    first, second = map(decoded, found.arrays["inputs"].tolist())
    assert first == {
        "a": {"int64": [1]},
        "b": {"float": [1.5, 2.0]},
        "c": {"bytes": ["é".encode()]},
        "d": {"bytes": [b"\xff", b"x"]},
        "e": {},
        "f": {"int64": [-1, 1 << 62]},
    }
    assert second == {}


def test_the_context_is_part_of_every_example():
    found = [decoded(one) for one in rows({"a": 1}, {}, context={"b": 2.0}).arrays["inputs"].tolist()]
    assert found == [{"b": {"float": [2.0]}, "a": {"int64": [1]}}, {"b": {"float": [2.0]}}]


BAD = {
    "an example that is none": ([1], "examples[0] must be an object"),
    "a feature that is an object": ([{"a": {"b": 1}}], 'examples[0].a has an object that is not {"b64": BASE64}'),
    "a list of kinds": ([{"a": [1, "b"]}], "examples[0].a must be numbers or texts"),
    "a truth value": ([{"a": True}], "examples[0].a must be numbers or texts"),
    "lists in lists": ([{"a": [[1]]}], "examples[0].a must be numbers or texts"),
    "a whole number over 64 bits": ([{"a": 1 << 63}], "more than 64 bits"),
    "a number over 32 bits": ([{"a": 1e300}], "a number that FP32 cannot hold"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_example_is_refused(name):
    examples, said = BAD[name]
    with pytest.raises(RequestInvalid) as caught:
        rows(*examples)
    assert said in str(caught.value)


def test_no_rows_and_too_many_are_refused():
    with pytest.raises(InputInvalid, match="no rows"):
        rows()
    with pytest.raises(RequestTooLarge):
        rows(*[{}] * (LIMITS.rows + 1))


def test_the_signature_is_the_one_that_is_named_or_that_is_meant():
    one = {"serving_default": PREDICT, "numbers": REGRESS, "classes": CLASSIFY}
    assert method_signature(one, "regress", None) == "numbers"
    assert method_signature({**one, "more": REGRESS}, "regress", "more") == "more"
    assert (
        method_signature({**one, "tensorflow/serving/regress": REGRESS}, "regress", "") == "tensorflow/serving/regress"
    )
    assert method_signature({**one, "serving_default": REGRESS}, "regress", None) == "serving_default"
    for there, name, said in (
        ({**one, "more": REGRESS}, None, "signature_name is missing; those to regress: numbers, more"),
        (one, "serving_default", "signature_name is 'serving_default'; those to regress: numbers"),
        ({"serving_default": PREDICT}, None, "the model has no signature to regress"),
        (one, 1, "signature_name must be text"),
    ):
        with pytest.raises(RequestInvalid) as caught:
            method_signature(there, "regress", name)
        assert said in str(caught.value)


def answered(method, **outputs):
    none = np.zeros((2, 0))
    ids = ["a", "b"]
    response = InferResponse("m", 1, [], ["", ""], [0.0, 0.0], none, none, ids, "tensors", outputs=outputs)
    found = json.loads(method_results(response, method))
    assert found["prediction_ids"] == ids
    return found["results"]


def test_results_are_numbers_or_pairs():
    names = np.array([[b"no", b"yes"], [b"no", b"yes"]], object)
    scores = np.array([[0.25, 0.75], [1, 0]], np.float32)
    assert answered("regress", outputs=np.array([[0.5], [2]], np.float32)) == [0.5, 2.0]
    assert answered("regress", outputs=np.array([0.5, 2], np.float32)) == [0.5, 2.0]
    assert answered("classify", classes=names, scores=scores)[0] == [["no", 0.25], ["yes", 0.75]]
    assert answered("classify", scores=scores[:, 0]) == [[["", 0.25]], [["", 1.0]]]
    assert answered("classify", classes=names)[1] == [["no", 0.0], ["yes", 0.0]]
    [missing, _] = answered("regress", outputs=np.array([nan, 1]))
    assert missing != missing  # NaN, as TensorFlow Serving writes it


def test_outputs_of_other_names_are_refused():
    for method, said in (("regress", "gives no outputs"), ("classify", "gives no classes or scores")):
        with pytest.raises(RequestInvalid, match=said):
            answered(method, y=np.zeros(2))
    with pytest.raises(RequestInvalid, match="classes and scores of different shapes"):
        answered("classify", classes=np.array([[b"a"], [b"b"]], object), scores=np.zeros((2, 2)))
