"""TensorFlow Serving's classify and regress for models that have signatures of those methods. Pure.

Such a signature takes serialized `tf.train.Example`s; they are made here of the request's JSON, as TensorFlow Serving
does: whole numbers become an int64_list, others a float_list, texts a bytes_list.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, Final

from argosy.errors import RequestInvalid
from argosy.http.bodies import json_type
from argosy.models.answer_kinds import AnswerKind
from argosy.models.protocol_buffers import field_bytes, varint
from argosy.models.signature import DEFAULT_SIGNATURE, Array, Signature, Signatures, check_shapes_of
from argosy.models.tensor_messages import bytes_array
from argosy.models.tensor_rows import TensorRows, json_elements
from argosy.serving.limits import InputLimits, check_rows
from argosy.serving.requests import InferResponse
from argosy.serving.rest.tensor_json import json_with_tokens
from argosy.serving.tensor_requests import bytes_of_base64
from argosy.typed_values import abridged, abridged_list

CLASSES, SCORES, NUMBERS = "classes", "scores", "outputs"
"""What TensorFlow's signatures call their outputs."""
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_WITHOUT_DEFAULT: Final = "tensorflow/serving/{}"


def method_signature(signatures: Signatures, method: AnswerKind, name: Any) -> str:
    """The one that is named, the default one, or the only one of that method; raises RequestInvalid."""
    if not isinstance(name, str | None):
        raise RequestInvalid(f"signature_name must be text, not {json_type(name)}")
    there = [one for one, signature in signatures.items() if signature.method == method]
    if not there:
        raise RequestInvalid(f"the model has no signature to {method}: POST …:predict asks it")
    if name and name not in there:
        raise RequestInvalid(f"signature_name is '{abridged(name)}'; those to {method}: {abridged_list(there)}")
    wanted = [name] if name else [DEFAULT_SIGNATURE, _WITHOUT_DEFAULT.format(method), *there[: len(there) == 1]]
    found = next((one for one in wanted if one in there), None)
    if found is None:
        raise RequestInvalid(f"signature_name is missing; those to {method}: {abridged_list(there)}")
    return found


def rows_of_examples(body: Mapping[str, Any], name: str, signature: Signature, limits: InputLimits) -> TensorRows:
    """Raises RequestInvalid, InputInvalid, RequestTooLarge."""
    examples, context = body.get("examples"), body.get("context")
    if not isinstance(examples, list):
        raise RequestInvalid('the body must have "examples", an array of objects: {"examples": [{"FEATURE": VALUE}]}')
    if len(signature.inputs) != 1 or signature.inputs[0].datatype != "BYTES":
        raise RequestInvalid(f"the signature '{abridged(name)}' does not take examples: POST …:predict asks it")
    check_rows(len(examples), limits)
    common = _features(context or {}, "context")
    written = []
    for row, one in enumerate(examples):
        features = _features(one, f"examples[{row}]")
        if both := sorted(features.keys() & common.keys()):
            raise RequestInvalid(f"examples[{row}] has the feature '{abridged(both[0])}', which is in the context too")
        written.append(example_bytes({**common, **features}))
    array = bytes_array(written)
    count = check_shapes_of(signature, {signature.inputs[0].name: array.shape})
    return TensorRows(name, {signature.inputs[0].name: array}, count, is_batched=signature.is_batched)


def example_bytes(features: Mapping[str, bytes]) -> bytes:
    """A `tf.train.Example` of features, each a serialized `tf.train.Feature`."""
    entries = (field_bytes(1, name.encode()) + field_bytes(2, feature) for name, feature in features.items())
    return field_bytes(1, b"".join(field_bytes(1, entry) for entry in entries))


def method_results(response: InferResponse, method: AnswerKind) -> bytes:
    """A number for each example, or its classes with their scores; raises RequestInvalid."""
    outputs = response.outputs or {}
    if method == "regress":
        results: Any = _output(outputs, NUMBERS).ravel().tolist()
    else:
        given = [_columns(outputs[name]) for name in (CLASSES, SCORES) if name in outputs]
        if not given:
            raise _missing(f"{CLASSES} or {SCORES}")
        if list(map(len, given[0])) != list(map(len, given[-1])):
            raise RequestInvalid(f"the signature gives {CLASSES} and {SCORES} of different shapes")
        scores = _columns(outputs[SCORES]) if SCORES in outputs else [[0.0] * len(row) for row in given[0]]
        classes = _columns(outputs[CLASSES]) if CLASSES in outputs else [[""] * len(row) for row in given[0]]
        results = [list(map(list, zip(*pair, strict=True))) for pair in zip(classes, scores, strict=True)]
    return json_with_tokens({"results": results, "prediction_ids": list(response.prediction_ids)})


def _features(given: Any, where: str) -> dict[str, bytes]:
    if not isinstance(given, dict):
        raise RequestInvalid(f"{where} must be an object, not {json_type(given)}")
    return {name: _feature(value, f"{where}.{abridged(name)}") for name, value in given.items()}


def _feature(value: Any, where: str) -> bytes:
    """A `tf.train.Feature` of a value or a list of values; null is NaN, as the token is."""
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    if not values:
        return b""
    kinds = set(map(type, values))
    if kinds <= {int}:
        if min(values) < _LEAST or max(values) > _MOST:
            raise RequestInvalid(f"{where} has a whole number of more than 64 bits")
        return field_bytes(_INT64_LIST, field_bytes(1, b"".join(varint(one & (1 << 64) - 1) for one in values)))
    if kinds <= {int, float, type(None)}:
        try:
            packed = struct.pack(f"<{len(values)}f", *(nan if one is None else one for one in values))
        except OverflowError:
            raise RequestInvalid(f"{where} has a number that FP32 cannot hold") from None
        return field_bytes(_FLOAT_LIST, field_bytes(1, packed))
    if kinds <= {str, dict}:
        texts = [bytes_of_base64(one, where) if isinstance(one, dict) else one.encode() for one in values]
        return field_bytes(_BYTES_LIST, b"".join(field_bytes(1, one) for one in texts))
    raise RequestInvalid(f"{where} must be numbers or texts: a value, or a list of one kind")


def _output(outputs: Mapping[str, Array], name: str) -> Array:
    if name not in outputs:
        raise _missing(name)
    return outputs[name]


def _columns(array: Array) -> list[list[Any]]:
    """(rows, classes) as lists."""
    found: list[list[Any]] = json_elements(array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1))
    return found


def _missing(name: str) -> RequestInvalid:
    return RequestInvalid(f"the signature gives no {name}: POST …:predict asks it")
