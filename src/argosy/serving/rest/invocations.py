"""MLflow's scoring protocol: `/invocations` in its four JSON shapes and as CSV, `/ping`, `/health` and `/version`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from argosy.errors import RequestInvalid
from argosy.http.bodies import JSON_TYPES, json_type, read_body
from argosy.http.endpoint import ErrorForm
from argosy.http.request_limits import RequestLimits, check_values
from argosy.models.adapter import FieldKind
from argosy.models.inputs import is_lone_text
from argosy.models.signature import Signature
from argosy.plurals import plural
from argosy.serving.answer_headers import prediction_headers
from argosy.serving.dataplane import DataPlane
from argosy.serving.limits import check_rows
from argosy.serving.readiness import Readiness
from argosy.serving.requests import InferRequest
from argosy.serving.rest.callers import caller_of
from argosy.serving.rest.csv_body import records_of_csv
from argosy.serving.rest.default_model import DefaultModel
from argosy.serving.rest.inference_responses import inference_response
from argosy.serving.rest.prediction_rows import prediction_rows
from argosy.serving.rest.tensor_frames import frame_kinds, tensors_of_records
from argosy.serving.rest.tensor_json import GivenTensors, predictions_of, tensors_of_predict
from argosy.serving.rest.tensorflow import named_signature, rows_of_predict
from argosy.serving.rest.tensorflow_json import parse_tensorflow_json
from argosy.serving.tensor_requests import SIGNATURE_PARAMETER
from argosy.types import Input
from argosy.version import __version__

CSV_TYPE: Final = "text/csv"
SHAPES: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
ERROR_CODES: Final = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}
"""MLflow's, by the HTTP status; of other statuses BAD_REQUEST."""
MLFLOW_FORM: Final = ErrorForm(
    "MlflowError",
    lambda status, message: {"error_code": ERROR_CODES.get(status, "BAD_REQUEST"), "message": message},
)


class MlflowProtocol:
    def __init__(
        self, dataplane: DataPlane, default: DefaultModel, limits: RequestLimits, readiness: Readiness
    ) -> None:
        self._dataplane, self._default, self._limits, self._readiness = dataplane, default, limits, readiness

    async def ping(self, _: Request) -> Response:
        """200 when models can answer, else 503."""
        return PlainTextResponse("\n", 200 if await self._readiness.is_ready() else 503)

    async def version(self, _: Request) -> Response:
        return PlainTextResponse(__version__)

    async def invocations(self, request: Request) -> Response:
        """The predictions of the model that the request names, or the default one."""
        data = await read_body(request, self._limits.body_bytes, (*JSON_TYPES, CSV_TYPE))
        check_values(data, self._limits)
        model, version = self._default.asked(request)
        reads = self._dataplane.reads(model, version)
        parameters: dict[str, Any] = {}
        is_csv = request.headers.get("content-type", "").lower().startswith(CSV_TYPE)
        if not reads:
            return await self._tensors(request, data, model, version, is_csv)
        if is_csv:
            given = inputs_of_records(records_of_csv(data, reads, self._dataplane.limits), reads)
        else:
            body = parse_tensorflow_json(data)
            parameters = _parameters(body)
            given = self._inputs(body, reads)
        caller = caller_of(request, parameters)
        caller["wants_scores"] = caller["wants_scores"] or parameters.get("scores") is True
        response = await self._dataplane.infer(InferRequest(model, given, version, **caller, protocol="mlflow"))
        return inference_response(prediction_rows(response), response)

    async def _tensors(self, request: Request, data: bytes, model: str, version: str | None, is_csv: bool) -> Response:
        """Of a model with a signature."""
        signatures = self._dataplane.signatures(model, version)
        body = {} if is_csv else parse_tensorflow_json(data)
        parameters = _parameters(body)
        name = named_signature(parameters.get(SIGNATURE_PARAMETER), signatures)
        signature, limits = signatures[name], self._dataplane.limits
        if is_csv:
            records = records_of_csv(data, frame_kinds(signature), limits)
            given = GivenTensors(tensors_of_records(records, name, signature, limits), len(records))
        else:
            given = self._given_tensors(body, name, signature)
        caller = caller_of(request, parameters)
        response = await self._dataplane.infer(InferRequest(model, given.rows, version, **caller, protocol="mlflow"))
        content, headers = predictions_of(response, given.instances), prediction_headers(response)
        return Response(content, headers=headers, media_type="application/json")

    def _given_tensors(self, body: Mapping[str, Any], name: str, signature: Signature) -> GivenTensors:
        shape, limits = _shape(body), self._dataplane.limits
        if not shape.startswith("dataframe"):
            return tensors_of_predict({shape: body[shape]}, name, signature, limits)
        records = _records(shape, body[shape])
        check_rows(len(records), limits)
        return GivenTensors(tensors_of_records(records, name, signature, limits), len(records))

    def _inputs(self, body: Mapping[str, Any], reads: Mapping[str, FieldKind]) -> list[Input]:
        shape = _shape(body)
        rows = body[shape].get("data") if isinstance(body[shape], dict) else body[shape]
        if isinstance(rows, list):
            check_rows(len(rows), self._dataplane.limits)
        return inputs_of_shape(shape, body[shape], reads)


def _shape(body: Mapping[str, Any]) -> str:
    """In which of MLflow's shapes the rows are; raises RequestInvalid."""
    shapes = [name for name in SHAPES if name in body]
    if len(shapes) != 1:
        raise RequestInvalid(f"the body must have exactly one of {', '.join(SHAPES)}; it has {len(shapes)}")
    return shapes[0]


def inputs_of_shape(shape: str, value: Any, reads: Mapping[str, FieldKind]) -> list[Input]:
    """The inputs in one of MLflow's shapes, for a model that reads these fields; raises RequestInvalid. Pure."""
    if shape.startswith("dataframe"):
        return inputs_of_records(_records(shape, value), reads)
    return rows_of_predict({shape: value}, reads)[0]


def inputs_of_records(records: list[dict[str, Any]], reads: Mapping[str, FieldKind]) -> list[Input]:
    """The rows of a data frame: of a model of texts the column of its field, or the only one."""
    if not is_lone_text(reads):
        return list(records)
    [field] = reads
    inputs: list[Input] = []
    for row, record in enumerate(records, 1):
        name = field if field in record else next(iter(record), field)
        if field not in record and len(record) != 1:
            raise RequestInvalid(f"row {row} has no column '{field}', which the model reads")
        if not isinstance(record[name], str):
            raise RequestInvalid(f"row {row}: the column '{name[:100]}' must be text, not {json_type(record[name])}")
        inputs.append(record[name])
    return inputs


def _records(shape: str, value: Any) -> list[dict[str, Any]]:
    """The rows of a data frame; raises RequestInvalid."""
    if shape == "dataframe_split":
        return _split_records(value)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise RequestInvalid("dataframe_records must be an array of objects, one a row")
    return value


def _split_records(value: Any) -> list[dict[str, Any]]:
    columns = value.get("columns") if isinstance(value, dict) else None
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise RequestInvalid('dataframe_split must be an object: {"columns": [NAME, …], "data": [[VALUE, …], …]}')
    names = [str(name) for name in columns]
    if not names or len(set(names)) < len(names) or any(isinstance(name, list | dict | None) for name in columns):
        raise RequestInvalid("dataframe_split.columns must name the columns, each once")
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            raise RequestInvalid(f"dataframe_split.data[{number}] must be an array of {plural(len(names), 'value')}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """`client`, `subject`, `entity` and `scores` are read; others have no effect, as with MLflow."""
    found = body.get("params")
    if not isinstance(found, dict | None):
        raise RequestInvalid(f"params must be an object, not {json_type(found)}")
    return found or {}
