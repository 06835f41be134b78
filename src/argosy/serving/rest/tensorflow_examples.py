"""TensorFlow Serving's classify and regress: examples of named features in, labels with scores or numbers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from argosy.errors import RequestInvalid
from argosy.http.bodies import JSON_TYPES, json_type
from argosy.http.request_limits import RequestLimits, check_values
from argosy.http.responses import to_json
from argosy.models.adapter import FieldKind
from argosy.models.answer_kinds import AnswerKind
from argosy.models.inputs import is_lone_text
from argosy.serving.dataplane import DataPlane
from argosy.serving.limits import check_rows
from argosy.serving.requests import InferResponse
from argosy.serving.rest.inference import Asked
from argosy.serving.rest.tensor_examples import method_results, method_signature, rows_of_examples
from argosy.serving.rest.tensorflow_json import parse_tensorflow_json
from argosy.serving.tensors import text_of_base64
from argosy.typed_values import abridged
from argosy.types import Input

SIGNATURES: Final[Mapping[AnswerKind, tuple[str, ...]]] = {
    kind: ("", "serving_default", f"tensorflow/serving/{kind}") for kind in ("classify", "regress")
}
"""The default one, and the method's own name, by which TensorFlow's examples call it."""


class ExamplesProtocol:
    """TensorFlow Serving's way to write questions and answers of `:classify` and `:regress`."""

    name = "tensorflow"
    content_types: tuple[str, ...] = JSON_TYPES

    def __init__(self, dataplane: DataPlane, limits: RequestLimits, verb: AnswerKind) -> None:
        self._dataplane, self._limits, self._verb = dataplane, limits, verb

    def read(self, data: bytes, asked: Asked) -> tuple[Sequence[Input], Mapping[str, Any], None]:
        """Raises RequestInvalid also where numbers are asked of a model that answers labels."""
        check_values(data, self._limits)
        body = parse_tensorflow_json(data)
        if signatures := self._dataplane.signatures(asked.model, asked.version):
            chosen = method_signature(signatures, self._verb, body.get("signature_name"))
            return rows_of_examples(body, chosen, signatures[chosen], self._dataplane.limits), {}, None
        if (name := body.get("signature_name")) not in (None, *SIGNATURES[self._verb]):
            shown = f"'{abridged(name)}'" if isinstance(name, str) else json_type(name)
            raise RequestInvalid(f"signature_name is {shown}; there are: {', '.join(SIGNATURES[self._verb][1:])}")
        there = self._dataplane.metadata(asked.model, asked.version)
        if self._verb == "regress" and there.kind != "regress":
            raise RequestInvalid(f"'{asked.model}' answers labels, not numbers: POST …:classify or …:predict asks it")
        if isinstance(body.get("examples"), list):
            check_rows(len(body["examples"]), self._dataplane.limits)
        return inputs_of_examples(body, there.reads), {}, None

    def write(self, response: InferResponse, _: None) -> tuple[str, Mapping[str, str], bytes]:
        """Numbers; or of each example every class with its probability, of a model of numbers that without a label.

        Where the version's decisions ask for the likeliest classes, these alone, the likeliest first.
        """
        if response.kind == "tensors":
            return "application/json", {}, method_results(response, self._verb)
        results: list[Any] = response.values
        if self._verb == "classify" and response.kind == "regress":
            results = [[["", value]] for value in results]
        elif self._verb == "classify":
            rows = response.probabilities.tolist()
            labels, rows = response.top or ([list(response.classes)] * len(rows), rows)
            results = [list(map(list, zip(*row, strict=True))) for row in zip(labels, rows, strict=True)]
        return "application/json", {}, to_json({"results": results, "prediction_ids": response.prediction_ids})


def inputs_of_examples(body: Mapping[str, Any], reads: Mapping[str, FieldKind]) -> list[Input]:
    """The inputs of a classify or regress request, for a model that reads these fields; raises RequestInvalid. Pure.

    Features of the `context` are those of every example. Of a model of texts, an example's only feature is its text.
    """
    examples, context = body.get("examples"), body.get("context")
    if not isinstance(examples, list):
        raise RequestInvalid('the body must have "examples", an array of objects: {"examples": [{"FEATURE": VALUE}]}')
    if not isinstance(context, dict | None):
        raise RequestInvalid(f"context must be an object, not {json_type(context)}")
    common = _features(context or {}, "context")
    return [_example(one, f"examples[{row}]", common, reads) for row, one in enumerate(examples)]


def _example(example: Any, where: str, common: Mapping[str, Any], reads: Mapping[str, FieldKind]) -> Input:
    if not isinstance(example, dict):
        raise RequestInvalid(f"{where} must be an object, not {json_type(example)}")
    for name in example:
        if name in common:
            raise RequestInvalid(f"{where} has the feature '{abridged(name)}', which is in the context as well")
    features = {**common, **_features(example, where)}
    if not is_lone_text(reads) or len(features) != 1:
        return features
    [text] = features.values()
    if not isinstance(text, str):
        raise RequestInvalid(f"{where} must have a text, not {json_type(text)}")
    return text


def _features(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {name: _value(value, f"{where}.{abridged(name)}") for name, value in given.items()}


def _value(value: Any, where: str) -> Any:
    """A feature's value: a lone one, or a list of one, each maybe in base64."""
    if isinstance(value, list):
        if len(value) != 1:
            raise RequestInvalid(f"{where} has {len(value)} values: a field of the model has one")
        [value] = value
    if isinstance(value, dict):
        if value.keys() != {"b64"}:
            raise RequestInvalid(f'{where} must be a value, a list of one, or {{"b64": …}}')
        return text_of_base64(value["b64"], f"{where}.b64")
    return value
