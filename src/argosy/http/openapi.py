"""The OpenAPI 3.1 document, made from the routes that packages offer and the types that their handlers read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from argosy.http.endpoint import HTML, TEXT, DocumentPart, Endpoint, Routes
from argosy.http.schemas import ERROR, STRING, Schema
from argosy.version import __version__

_REF = "#/components/schemas/{name}"
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
    "415": "A content type or a content encoding that is not read here.",
    "421": "A host name that the server, which asks for no token, does not answer under.",
    "503": "Not ready yet, or the prediction log cannot be written; try again.",
}


def document(offered: Sequence[Routes]) -> dict[str, Any]:
    """Every endpoint, with what it takes and gives."""
    paths: dict[str, dict[str, Any]] = {}
    for routes in offered:
        for endpoint in routes.endpoints:
            if endpoint.summary:
                operation = _operation(endpoint, routes.path_parameters)
                paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    _, of_types = msgspec.json.schema_components([one for routes in offered for one in routes.types], ref_template=_REF)
    written = {name: schema for routes in offered for name, schema in routes.schemas.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Argosy",
            "version": __version__,
            "description": "Ask models, and say how their predictions turned out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {"Error": ERROR, **written, **of_types}, "securitySchemes": {"token": _TOKEN}},
    }


def with_parts(written: Mapping[str, Any], parts: Sequence[DocumentPart]) -> dict[str, Any]:
    """The document with what is loaded at the moment, which comes first."""
    components = written["components"]
    schemas = {**components["schemas"], **{name: one for part in parts for name, one in part.schemas.items()}}
    paths = {**{path: one for part in parts for path, one in part.paths.items()}, **written["paths"]}
    return {**written, "paths": paths, "components": {**components, "schemas": schemas}}


def _operation(endpoint: Endpoint, path_parameters: Mapping[str, str]) -> dict[str, Any]:
    others = {status: _content(text, endpoint.gives) for status, text in endpoint.statuses.items()}
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "responses": {"200": _success(endpoint), **_failures(endpoint), **others},
    }
    if parameters := [*_in_path(endpoint.path, path_parameters), *_in_headers(endpoint.request_headers)]:
        operation["parameters"] = parameters
    if endpoint.scope:
        operation["security"] = [{"token": [endpoint.scope]}]
    if endpoint.takes:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(endpoint.takes)}}}
    return operation


def _success(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.gives in (TEXT, HTML):
        kind = "text/html" if endpoint.gives == HTML else "text/plain"
        return {"description": endpoint.summary, "content": {kind: {"schema": STRING}}}
    success = _content("The answer.", endpoint.gives)
    if endpoint.response_headers:
        headers = endpoint.response_headers.items()
        success["headers"] = {name: {"description": text, "schema": STRING} for name, text in headers}
    return success


def _failures(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.takes:
        statuses: Iterable[str] = _FAILURES
    else:
        common = ("401", "403", "421") if endpoint.scope else ("421",)
        statuses = (*common, *(("404", "503") if "{" in endpoint.path else ("503",)))
    return {status: _content(_FAILURES[status], endpoint.errors.schema) for status in statuses}


def _in_path(path: str, meanings: Mapping[str, str]) -> list[Schema]:
    names = re.findall(r"{(\w+)}", path)
    return [_parameter("path", name, meanings[name], is_required=True) for name in names]


def _in_headers(meanings: Mapping[str, str]) -> list[Schema]:
    return [_parameter("header", name, text, is_required=False) for name, text in meanings.items()]


def _parameter(where: str, name: str, text: str, *, is_required: bool) -> Schema:
    return {"in": where, "name": name, "description": text, "required": is_required, "schema": STRING}


def _content(text: str, schema: str) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}
