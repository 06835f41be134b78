"""TensorFlow Serving's REST: status, metadata, predict by rows or by columns; with what KServe's V1 adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from argosy.errors import RequestInvalid, RouteNotFound, VersionNotFound
from argosy.http.bodies import JSON_TYPES, json_type
from argosy.http.request_limits import RequestLimits, check_values
from argosy.http.responses import json_response, to_json
from argosy.models.adapter import FieldKind
from argosy.models.answer_kinds import VALUE
from argosy.models.inputs import is_lone_text
from argosy.models.signature import DTYPES, Signature, Signatures, TensorSpec, chosen_signature
from argosy.serving.dataplane import DataPlane
from argosy.serving.limits import check_rows
from argosy.serving.requests import InferResponse, ModelMetadata
from argosy.serving.rest.inference import Asked
from argosy.serving.rest.prediction_rows import prediction_columns, prediction_rows
from argosy.serving.rest.tensor_json import GivenTensors, predictions_of, tensors_of_predict
from argosy.serving.rest.tensorflow_json import parse_tensorflow_json
from argosy.serving.servable import Servable, ServableState
from argosy.serving.tensors import LONE_TEXT, TOP_LABELS, TOP_OUTPUTS, text_of_base64
from argosy.typed_values import abridged, abridged_list
from argosy.types import Input

SIGNATURE = "serving_default"
PREDICT_METHOD = "tensorflow/serving/predict"
TYPE_NAMES: Final = {
    **{name: f"DT_{name}" for name in DTYPES},
    "FP16": "DT_HALF",
    "FP32": "DT_FLOAT",
    "FP64": "DT_DOUBLE",
    "BYTES": "DT_STRING",
}
"""V2's datatypes in TensorFlow's words."""


VERBS: Final = ("predict", "classify", "regress")


class TensorFlowProtocol:
    def __init__(self, dataplane: DataPlane) -> None:
        self._dataplane = dataplane

    async def status(self, request: Request) -> Response:
        """Every version's state, or that of the one asked for."""
        name, version = _asked(request)
        model = self._dataplane.model(name)
        if not model.versions and name in self._dataplane.added():
            return json_response(_status_of_added(name, self._dataplane.is_model_ready(name, version)))
        if version is None:
            asked = [model.versions[number] for number in sorted(model.versions, reverse=True)]
        else:
            asked = [
                one for one in model.versions.values() if str(model.aliases.get(version, version)) == str(one.version)
            ]
            if not asked:
                raise VersionNotFound(f"'{name}' has no version '{abridged(version)}'")
        states = [_status(one) for one in asked]
        is_ready = any(one.is_ready for one in asked)
        if name in self._dataplane.added():
            is_ready = self._dataplane.is_model_ready(name, version)
        return json_response({"model_version_status": states, "name": name, "ready": is_ready})

    async def metadata(self, request: Request) -> Response:
        return json_response(_metadata(self._dataplane.metadata(*_asked(request))))

    async def other_verb(self, request: Request) -> NoReturn:
        verb = request.path_params["verb"]
        if verb == "explain":
            raise RouteNotFound("no model here explains its answers: POST …:predict asks it")
        raise RouteNotFound(f"a model has no verb '{abridged(verb)}': there are predict, classify and regress")

    async def verb_by_get(self, request: Request) -> NoReturn:
        """A model that is called `topics:predict` there is not."""
        if request.path_params["verb"] in VERBS:
            raise HTTPException(405, f"this path takes POST, not {request.method}", {"Allow": "POST"})
        await self.other_verb(request)


class PredictProtocol:
    """TensorFlow Serving's way to write questions and answers of `:predict`."""

    name = "tensorflow"
    content_types: tuple[str, ...] = JSON_TYPES

    def __init__(self, dataplane: DataPlane, limits: RequestLimits) -> None:
        self._dataplane, self._limits = dataplane, limits

    def read(self, data: bytes, asked: Asked) -> tuple[Sequence[Input], Mapping[str, Any], bool | GivenTensors]:
        check_values(data, self._limits)
        body = parse_tensorflow_json(data)
        reads = self._dataplane.reads(asked.model, asked.version)
        if not reads:
            signatures = self._dataplane.signatures(asked.model, asked.version)
            name = named_signature(body.get("signature_name"), signatures)
            given = tensors_of_predict(body, name, signatures[name], self._dataplane.limits)
            return given.rows, {}, given
        check_signature(body.get("signature_name"))
        check_rows(_claimed(body), self._dataplane.limits)
        rows, is_columnar = rows_of_predict(body, reads)
        return rows, {}, is_columnar

    def write(self, response: InferResponse, body: bool | GivenTensors) -> tuple[str, Mapping[str, str], bytes]:
        if isinstance(body, GivenTensors):
            return "application/json", {}, predictions_of(response, body.instances)
        answer = prediction_columns(response) if body else prediction_rows(response)
        return "application/json", {}, to_json(answer)


def check_signature(name: Any) -> None:
    """Raises RequestInvalid on a signature that no model has."""
    if name not in (None, "", SIGNATURE):
        shown = f"'{abridged(name)}'" if isinstance(name, str) else json_type(name)
        raise RequestInvalid(f"signature_name is {shown}: every model has the signature '{SIGNATURE}' alone")


def named_signature(name: Any, signatures: Signatures) -> str:
    """Raises RequestInvalid, InputInvalid."""
    if not isinstance(name, str | None):
        raise RequestInvalid(f"signature_name must be text, not {json_type(name)}")
    return chosen_signature(signatures, name or "")


def _claimed(body: dict[str, Any]) -> int:
    """How many rows the body seems to have: looked at before any is built."""
    inputs = body.get("inputs")
    columns = inputs.values() if isinstance(inputs, dict) else [inputs]
    return max((len(one) for one in [body.get("instances"), *columns] if isinstance(one, list)), default=0)


def rows_of_predict(body: dict[str, Any], reads: Mapping[str, FieldKind] = LONE_TEXT) -> tuple[list[Input], bool]:
    """The inputs of a predict request, and whether they came as columns; raises RequestInvalid. Pure.

    `reads` are the model's fields. Where it takes texts, an object with one field is its text; where it takes several
    fields, a list of as many values has them in that order.
    """
    if ("instances" in body) == ("inputs" in body):
        raise RequestInvalid('the body must have either "instances" (rows) or "inputs" (columns)')
    if "instances" in body:
        instances = body["instances"]
        if not isinstance(instances, list):
            raise RequestInvalid(f"instances must be an array, not {json_type(instances)}")
        return [_instance(one, f"instances[{row}]", reads) for row, one in enumerate(instances)], False
    return _from_columns(body["inputs"], reads), True


def _from_columns(inputs: Any, reads: Mapping[str, FieldKind]) -> list[Input]:
    if isinstance(inputs, dict) and not _is_bytes(inputs):
        columns = {name: _column(column, f"inputs.{abridged(name)}") for name, column in inputs.items()}
        if len(columns) == 1 and is_lone_text(reads):
            return [_text(one, "inputs") for column in columns.values() for one in column]
        if len({len(column) for column in columns.values()}) != 1:
            lengths = [f"'{abridged(name)}' {len(column)}" for name, column in columns.items()]
            raise RequestInvalid(f"inputs must be columns of one length: {abridged_list(lengths)}")
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    rows = inputs if isinstance(inputs, list) else [inputs]
    return [_listed(one, f"inputs[{row}]", reads) for row, one in enumerate(rows)]


def _column(value: Any, where: str) -> list[Any]:
    """A column; a bare value is a column of one."""
    column = value if isinstance(value, list) else [value]
    return [_unpacked(one, f"{where}[{row}]") for row, one in enumerate(column)]


def _instance(value: Any, where: str, reads: Mapping[str, FieldKind]) -> Input:
    if isinstance(value, dict) and not _is_bytes(value):
        fields = {name: _unpacked(field, f"{where}.{abridged(name)}") for name, field in value.items()}
        return _text(next(iter(fields.values())), where) if is_lone_text(reads) and len(fields) == 1 else fields
    return _listed(value, where, reads)


def _listed(value: Any, where: str, reads: Mapping[str, FieldKind]) -> Input:
    """A row without names: a text, or a list of the model's fields in their order."""
    if is_lone_text(reads) or isinstance(value, str | dict):
        return _text(_unpacked(value, where), where)
    if not isinstance(value, list):
        value = [value]
    if len(value) != len(reads):
        fields = ", ".join(reads)
        raise RequestInvalid(f"{where} has {len(value)} values, and the model reads {len(reads)} fields: {fields}")
    return {name: _unpacked(one, f"{where}.{abridged(name)}") for name, one in zip(reads, value, strict=True)}


def _text(value: Any, where: str) -> str:
    if isinstance(value, list) and len(value) == 1:  # a row of shape [1]
        value = _unpacked(value[0], where)
    if not isinstance(value, str):
        raise RequestInvalid(f"{where} must be text, not {json_type(value)}")
    return value


def _is_bytes(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"}


def _unpacked(value: Any, where: str) -> Any:
    """`{"b64": …}` as the UTF-8 text it stands for."""
    if not _is_bytes(value):
        return value
    return text_of_base64(value["b64"], f"{where}.b64")


def _asked(request: Request) -> tuple[str, str | None]:
    """The model, and the version number or label."""
    parameters = request.path_params
    return parameters["model"], parameters.get("version", parameters.get("label"))


def _status(servable: Servable) -> dict[str, Any]:
    has_failed = servable.state is ServableState.FAILED
    return {
        "version": str(servable.version),
        "state": str(
            ServableState.GONE if has_failed else servable.state
        ),  # TensorFlow Serving ends a version that failed
        "status": {"error_code": "UNKNOWN" if has_failed else "OK", "error_message": servable.error},
    }


def _status_of_added(name: str, is_ready: bool) -> dict[str, Any]:
    """Of what has no versions, which clients of TensorFlow Serving expect to be one."""
    state = str(ServableState.AVAILABLE if is_ready else ServableState.START)
    one = {"version": "0", "state": state, "status": {"error_code": "OK", "error_message": ""}}
    return {"model_version_status": [one], "name": name, "ready": is_ready}


def _outputs(there: ModelMetadata) -> dict[str, Any]:
    if there.kind == "regress":
        return {VALUE: _tensor(VALUE, "DT_DOUBLE", "-1")}
    return {
        "label": _tensor("label", "DT_STRING", "-1"),
        "confidence": _tensor("confidence", "DT_DOUBLE", "-1"),
        "probabilities": _tensor("probabilities", "DT_DOUBLE", "-1", str(len(there.classes))),
        **{
            name: _tensor(name, "DT_STRING" if name == TOP_LABELS else "DT_DOUBLE", "-1", str(there.top))
            for name in (TOP_OUTPUTS if there.top else ())
        },
    }


def _metadata(there: ModelMetadata) -> dict[str, Any]:
    if there.signatures:
        signatures = {name: _signature(one) for name, one in there.signatures.items()}
        return _described(there, signatures, {"classes": []})
    signature = {
        "inputs": {
            name: _tensor(name, "DT_DOUBLE" if kind == "number" else "DT_STRING", "-1")
            for name, kind in there.reads.items()
        },
        "outputs": {**_outputs(there), "prediction_id": _tensor("prediction_id", "DT_STRING", "-1")},
        "method_name": PREDICT_METHOD,
    }
    about: dict[str, Any] = {"classes": []}
    if there.kind == "classify":
        about = {"classes": there.classes, "probabilities": there.probabilities_are}
    return _described(there, {SIGNATURE: signature}, about)


def _described(there: ModelMetadata, signatures: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model_spec": {"name": there.model, "signature_name": "", "version": str(there.version)},
        "metadata": {"signature_def": {"signature_def": signatures}, **about},
    }


def _signature(signature: Signature) -> dict[str, Any]:
    given = {
        noun: {one.name: _signature_tensor(one) for one in tensors}
        for noun, tensors in (("inputs", signature.inputs), ("outputs", signature.outputs))
    }
    return {**given, "method_name": f"tensorflow/serving/{signature.method or 'predict'}"}


def _tensor(name: str, datatype: str, *sizes: str) -> dict[str, Any]:
    shape = {"dim": [{"size": size, "name": ""} for size in sizes], "unknown_rank": False}
    return {"dtype": datatype, "tensor_shape": shape, "name": name}


def _signature_tensor(spec: TensorSpec) -> dict[str, Any]:
    found = _tensor(spec.name, TYPE_NAMES[spec.datatype], *map(str, () if spec.has_any_rank else spec.shape))
    return {**found, "tensor_shape": {**found["tensor_shape"], "unknown_rank": spec.has_any_rank}}
