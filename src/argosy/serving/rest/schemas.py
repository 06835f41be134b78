"""JSON schemas of the answers, and of TensorFlow's request, which no type of ours describes."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


_NUMBERS = _array({"type": "number"})
_ANY: Schema = {}
_BASE64 = _object({"b64": {"type": "string", "contentEncoding": "base64"}})
_FIELDS: Schema = {"type": "object", "additionalProperties": True}
_INSTANCE: Schema = {"anyOf": [_TEXT, _BASE64, _FIELDS]}
_TENSOR = _object({"name": _TEXT, "datatype": _TEXT, "shape": _array(_INTEGER)})
_OUTPUT = _object({"name": _TEXT, "datatype": _TEXT, "shape": _array(_INTEGER), "data": _array(_ANY)})

SCHEMAS: dict[str, Schema] = {
    "Error": _object({"error": _TEXT}),
    "Home": _object({"name": _TEXT, "version": _TEXT, "places": {"type": "object", "additionalProperties": _TEXT}}),
    "Models": _object(
        {
            "models": _array(
                _object(
                    {
                        "name": _TEXT,
                        "versions": _array(_TEXT),
                        "aliases": {"type": "object", "additionalProperties": _TEXT},
                        "default": {"type": ["string", "null"]},
                        "default_is": {"enum": ["champion", "newest", None]},
                    }
                )
            )
        }
    ),
    "Live": _object({"live": _FLAG}),
    "Ready": _object({"ready": _FLAG}, name=_TEXT),
    "ServerMetadata": _object({"name": _TEXT, "version": _TEXT, "extensions": _array(_TEXT)}),
    "ModelMetadata": _object(
        {
            "name": _TEXT,
            "versions": _array(_TEXT),
            "platform": _TEXT,
            "inputs": _array(_TENSOR),
            "outputs": _array(_TENSOR),
        },
        parameters=_FIELDS,
        classes=_array(_TEXT),
        aliases={"type": "object", "additionalProperties": _TEXT},
    ),
    "InferAnswer": _object(
        {"model_name": _TEXT, "model_version": _TEXT, "id": _TEXT, "outputs": _array(_OUTPUT)},
        parameters=_object({"prediction_id": _TEXT}),
    ),
    "Predict": {
        "type": "object",
        "properties": {
            "signature_name": _TEXT,
            "instances": _array(_INSTANCE),
            "inputs": {"anyOf": [_INSTANCE, _array(_INSTANCE)]},
        },
        "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
    },
    "Predictions": {
        "anyOf": [
            _object(
                {
                    "predictions": _array(
                        _object({"label": _TEXT, "prediction_id": _TEXT}, probabilities=_NUMBERS, scores=_NUMBERS)
                    )
                }
            ),
            _object(
                {
                    "outputs": _object(
                        {"label": _array(_TEXT), "prediction_id": _array(_TEXT)},
                        probabilities=_array(_NUMBERS),
                        scores=_array(_NUMBERS),
                    )
                }
            ),
        ]
    },
    "VersionStatuses": _object(
        {
            "model_version_status": _array(
                _object(
                    {
                        "version": _TEXT,
                        "state": {"enum": ["START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
                        "status": _object({"error_code": _TEXT, "error_message": _TEXT}),
                    }
                )
            )
        }
    ),
    "Signatures": _object({"model_spec": _FIELDS, "metadata": _FIELDS}),
    "FeedbackAnswer": _object({"added": _INTEGER}, matched=_INTEGER, prediction_ids=_array(_TEXT)),
    "Document": _FIELDS,
}
