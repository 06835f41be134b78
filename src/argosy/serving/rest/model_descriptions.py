"""What the OpenAPI document says of each loaded model: its own inputs, as V2 and TensorFlow Serving take them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from argosy.http.endpoint import DocumentPart
from argosy.http.schemas import INTEGER, STRING, Schema, array_schema, object_schema
from argosy.models.adapter import FieldKind
from argosy.models.inputs import is_lone_text
from argosy.serving.requests import ModelMetadata
from argosy.serving.rest.tensor_descriptions import (
    columns_example,
    columns_schema,
    signature_example,
    signature_schema,
)
from argosy.serving.tensors import TENSOR_DATATYPES
from argosy.typed_values import abridged_list
from argosy.vault.tokens import PREDICT

TEXT = "A late goal won the cup"
_NUMBERS = [one for one in TENSOR_DATATYPES if one != "BYTES"]


def describe_models(models: Sequence[ModelMetadata]) -> DocumentPart:
    """A path of V2 and one of TensorFlow Serving for each, with a schema and an example of what it reads."""
    paths, schemas, entries = {}, {}, {}
    for one in models:
        for path, name, schema, answer, example in (
            (f"/v2/models/{one.model}/infer", f"{one.model}.v2", _v2_schema(one), "InferAnswer", _v2_example(one)),
            (f"/v1/models/{one.model}:predict", f"{one.model}.v1", _v1_schema(one), "Predictions", _v1_example(one)),
        ):
            paths[path] = {"post": _operation(one, name, answer, example)}
            schemas[name] = schema
        aliases = [f"{alias} is {number}" for alias, number in sorted(one.aliases.items())]
        entries[one.model] = "; ".join([_answers(one), f"version {one.version} answers", *aliases])
    return DocumentPart(paths, schemas, entries)


def _operation(there: ModelMetadata, name: str, answer: str, example: Any) -> dict[str, Any]:
    body = {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": example}
    given = {"schema": {"$ref": f"#/components/schemas/{answer}"}}
    failed = {"schema": {"$ref": "#/components/schemas/Error"}}
    return {
        "operationId": name,
        "summary": f"Ask '{there.model}', which answers {_answers(there)}.",
        "tags": [f"model {there.model}"],
        "security": [{"token": [PREDICT]}],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": given}},
            "default": {"description": "What is wrong.", "content": {"application/json": failed}},
        },
    }


def _v2_schema(there: ModelMetadata) -> Schema:
    return signature_schema(there.signature) if there.signatures else _tensors(there.reads)


def _v2_example(there: ModelMetadata) -> Any:
    return signature_example(there.signature) if there.signatures else _v2(there.reads)


def _v1_schema(there: ModelMetadata) -> Schema:
    return columns_schema(there.signature) if there.signatures else _rows(there.reads)


def _v1_example(there: ModelMetadata) -> Any:
    return columns_example(there.signature) if there.signatures else _v1(there.reads)


def _answers(there: ModelMetadata) -> str:
    if there.signatures:
        return f"the tensors {abridged_list([str(one) for one in there.signature.outputs])}"
    if there.kind == "regress":
        return "a number"
    shown = ", ".join(there.classes[:10]) + (" …" if len(there.classes) > 10 else "")
    return f"{'one' if there.answered_from is None else 'any'} of {shown}"


def _tensors(reads: Mapping[str, FieldKind]) -> Schema:
    tensors = [
        object_schema(
            {
                "name": STRING if is_lone_text(reads) else {"const": name},
                "datatype": {"enum": _NUMBERS} if kind == "number" else {"const": "BYTES"},
                "shape": array_schema(INTEGER),
                "data": array_schema(_value(kind)),
            }
        )
        for name, kind in reads.items()
    ]
    return object_schema({"inputs": array_schema({"anyOf": tensors} if tensors else {})})


def _rows(reads: Mapping[str, FieldKind]) -> Schema:
    fields: Schema = {"type": "object", "properties": {name: _value(kind) for name, kind in reads.items()}}
    return object_schema({"instances": array_schema({"anyOf": [STRING, fields]} if is_lone_text(reads) else fields)})


def _value(kind: FieldKind) -> Schema:
    return {"type": ["number", "null"] if kind == "number" else ["string", "null"]}


def _v2(reads: Mapping[str, FieldKind]) -> dict[str, Any]:
    return {
        "inputs": [
            {
                "name": name,
                "datatype": "FP64" if kind == "number" else "BYTES",
                "shape": [1],
                "data": [_example(kind, reads)],
            }
            for name, kind in reads.items()
        ]
    }


def _v1(reads: Mapping[str, FieldKind]) -> dict[str, Any]:
    row = {name: _example(kind, reads) for name, kind in reads.items()}
    return {"instances": [TEXT if is_lone_text(reads) else row]}


def _example(kind: FieldKind, reads: Mapping[str, FieldKind]) -> Any:
    return 1.5 if kind == "number" else TEXT if is_lone_text(reads) else "text"
