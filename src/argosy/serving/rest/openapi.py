"""The OpenAPI 3.1 document, made from the table of endpoints and the types that the handlers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.serving.rest.answers import PREDICTION_HEADER, VERSION_HEADER
from argosy.serving.rest.endpoint import Endpoint
from argosy.serving.rest.feedback import FeedbackBody
from argosy.serving.rest.schemas import SCHEMAS
from argosy.serving.rest.tensors import InferBody
from argosy.version import __version__

_REF = "#/components/schemas/{name}"
_PARAMETERS = {
    "model": "The registered model's name.",
    "version": "A version number; with V2 also an alias, such as champion.",
    "label": "An alias, such as champion.",
}
_WHO = {
    "argosy-client": "Which program asks; goes into the prediction log.",
    "argosy-subject": "The person whom the input is about: what `erase` finds.",
    "argosy-entity": "What the input is about: what late feedback finds.",
}
_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "Asked for where others than the server's own machine can reach it, and once a token was made.",
}
_FAILURES = {
    "400": "The request says something that cannot be answered; the error says what.",
    "401": "No token that the server knows; see the scheme `token`.",
    "403": "A token that does not open this, or may not claim this; or a page of another site.",
    "404": "No such model, version or prediction.",
    "413": "A body, a text or a number of rows or values over the limit.",
    "415": "A content type that is not read here.",
    "421": "A host name that the server, which asks for no token, does not answer under.",
    "503": "Not ready yet, or the prediction log cannot be written; try again.",
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Every endpoint, with what it takes and gives."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    _, components = msgspec.json.schema_components((InferBody, FeedbackBody), ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Argosy",
            "version": __version__,
            "description": "Ask models, and say how their predictions turned out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {**SCHEMAS, **components}, "securitySchemes": {"token": _TOKEN}},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "responses": {"200": _answer(endpoint), **_failures(endpoint)},
    }
    if endpoint.name == "feedback":
        operation["responses"]["201"] = _content("Something new was kept.", endpoint.gives)
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    if endpoint.scope:
        operation["security"] = [{"token": [endpoint.scope]}]
    if endpoint.takes:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(endpoint.takes)}}}
    return operation


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.gives == "text":
        return {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    answer = _content("The answer.", endpoint.gives)
    if _is_inference(endpoint):
        answer["headers"] = {
            PREDICTION_HEADER: _header("The ids of the first rows' predictions, comma-separated."),
            VERSION_HEADER: _header("The version that answered."),
        }
    return answer


def _failures(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.takes:
        statuses = tuple(_FAILURES)
    else:
        statuses = ("401", "403", "421") if endpoint.scope else ("421",)
        statuses += ("404", "503") if "{model}" in endpoint.path else ("503",)
    return {status: _content(_FAILURES[status], "Error") for status in statuses}


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    in_path = re.findall(r"{(\w+)}", endpoint.path)
    parameters = [_parameter("path", name, _PARAMETERS[name], is_required=True) for name in in_path]
    if _is_inference(endpoint):
        parameters += [_parameter("header", name, text) for name, text in _WHO.items()]
    if endpoint.name == "feedback":
        parameters.append(_parameter("header", "idempotency-key", "The same key twice is the same feedback."))
    return parameters


def _is_inference(endpoint: Endpoint) -> bool:
    return bool(endpoint.takes) and "{model}" in endpoint.path


def _parameter(where: str, name: str, text: str, *, is_required: bool = False) -> dict[str, Any]:
    return {"in": where, "name": name, "description": text, "required": is_required, "schema": {"type": "string"}}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}}


def _content(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}
