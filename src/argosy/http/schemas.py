"""Pieces of JSON schemas, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
FIELDS: Schema = {"type": "object", "additionalProperties": True}
ERROR: Schema = {"type": "object", "properties": {"error": STRING}, "required": ["error"]}


def array_schema(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def object_schema(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}
