"""JSON schemas of the answers, and of TensorFlow's request, which no type of ours describes."""

from __future__ import annotations

from argosy.http.schemas import ANYTHING, BOOLEAN, FIELDS, INTEGER, STRING, Schema, array_schema, object_schema

_NUMBER: Schema = {"type": "number"}
_NUMBERS = array_schema(_NUMBER)
_BASE64 = object_schema({"b64": {"type": "string", "contentEncoding": "base64"}})
_VALUE: Schema = {"anyOf": [STRING, _NUMBER, _BASE64, {"type": "null"}]}
_FEATURES: Schema = {"type": "object", "additionalProperties": {"anyOf": [_VALUE, array_schema(_VALUE)]}}
_INSTANCE: Schema = {"anyOf": [STRING, _BASE64, FIELDS, array_schema(ANYTHING)]}
_TENSOR = object_schema({"name": STRING, "datatype": STRING, "shape": array_schema(INTEGER)})
_OUTPUT = object_schema(
    {"name": STRING, "datatype": STRING, "shape": array_schema(INTEGER), "data": array_schema(ANYTHING)}
)

_ROW = array_schema(ANYTHING)
_PREDICTIONS: Schema = {
    "anyOf": [
        object_schema(
            {
                "predictions": array_schema(
                    object_schema(
                        {
                            "label": STRING,
                            "confidence": _NUMBER,
                            "probabilities": _NUMBERS,
                            "prediction_id": STRING,
                        },
                        scores=_NUMBERS,
                        top_labels=array_schema(STRING),
                        top_probabilities=_NUMBERS,
                    )
                )
            }
        ),
        object_schema({"predictions": _NUMBERS, "prediction_ids": array_schema(STRING)}),
    ]
}
_TIME = object_schema({"count": INTEGER, "ns": INTEGER})
_STAGES = dict.fromkeys(("compute_input", "compute_infer", "compute_output"), _TIME)
_REQUESTS = dict.fromkeys(("success", "fail", "queue", "cache_hit", "cache_miss"), _TIME)
_STATISTICS = object_schema(
    {
        "name": STRING,
        "version": STRING,
        "last_inference": INTEGER,
        "inference_count": INTEGER,
        "execution_count": INTEGER,
        "inference_stats": object_schema({**_REQUESTS, **_STAGES}),
        "batch_stats": array_schema(object_schema({"batch_size": INTEGER, **_STAGES})),
    }
)

SCHEMAS: dict[str, Schema] = {
    "Models": object_schema(
        {
            "models": array_schema(
                object_schema(
                    {
                        "name": STRING,
                        "versions": array_schema(STRING),
                        "aliases": {"type": "object", "additionalProperties": STRING},
                        "default": {"type": ["string", "null"]},
                        "default_is": {"enum": ["champion", "newest", None]},
                    }
                )
            )
        }
    ),
    "ModelNames": object_schema({"models": array_schema(STRING)}),
    "Live": object_schema({"live": BOOLEAN}),
    "Ready": object_schema({"ready": BOOLEAN}, name=STRING),
    "ServerMetadata": object_schema({"name": STRING, "version": STRING, "extensions": array_schema(STRING)}),
    "ModelMetadata": object_schema(
        {
            "name": STRING,
            "versions": array_schema(STRING),
            "platform": STRING,
            "inputs": array_schema(_TENSOR),
            "outputs": array_schema(_TENSOR),
        },
        parameters=FIELDS,
        classes=array_schema(STRING),
        aliases={"type": "object", "additionalProperties": STRING},
    ),
    "InferAnswer": object_schema(
        {"model_name": STRING, "model_version": STRING, "id": STRING, "outputs": array_schema(_OUTPUT)},
        parameters=object_schema({"prediction_id": STRING}),
    ),
    "Predict": {
        "type": "object",
        "properties": {
            "signature_name": STRING,
            "instances": array_schema(_INSTANCE),
            "inputs": {"anyOf": [_INSTANCE, array_schema(_INSTANCE)]},
        },
        "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
    },
    "Predictions": {
        "anyOf": [
            _PREDICTIONS,
            object_schema(
                {
                    "outputs": object_schema(
                        {
                            "label": array_schema(STRING),
                            "confidence": _NUMBERS,
                            "probabilities": array_schema(_NUMBERS),
                            "prediction_id": array_schema(STRING),
                        },
                        scores=array_schema(_NUMBERS),
                        top_labels=array_schema(array_schema(STRING)),
                        top_probabilities=array_schema(_NUMBERS),
                    )
                }
            ),
            object_schema({"outputs": _NUMBERS, "prediction_ids": array_schema(STRING)}),
        ]
    },
    "IndexRequest": object_schema({}, ready=BOOLEAN),
    "LoadRequest": object_schema({}, parameters={"anyOf": [FIELDS, {"type": "null"}]}),
    "Nothing": object_schema({}),
    "RepositoryIndex": array_schema(
        object_schema(
            {
                "name": STRING,
                "version": STRING,
                "state": {"enum": ["READY", "LOADING", "UNLOADING", "UNAVAILABLE"]},
                "reason": STRING,
            }
        )
    ),
    "ModelStatistics": object_schema({"model_stats": array_schema(_STATISTICS)}),
    "Examples": object_schema(
        {"examples": array_schema(_FEATURES)}, signature_name=STRING, context={"anyOf": [_FEATURES, {"type": "null"}]}
    ),
    "Classifications": object_schema(
        {
            "results": array_schema(array_schema({"type": "array", "prefixItems": [STRING, _NUMBER], "minItems": 2})),
            "prediction_ids": array_schema(STRING),
        }
    ),
    "Regressions": object_schema({"results": _NUMBERS, "prediction_ids": array_schema(STRING)}),
    "Invocation": {
        "type": "object",
        "properties": {
            "dataframe_split": object_schema({"columns": array_schema(STRING), "data": array_schema(_ROW)}),
            "dataframe_records": array_schema(FIELDS),
            "instances": array_schema(_INSTANCE),
            "inputs": {"anyOf": [_INSTANCE, array_schema(_INSTANCE)]},
            "params": {"anyOf": [FIELDS, {"type": "null"}]},
        },
        "oneOf": [{"required": [name]} for name in ("dataframe_split", "dataframe_records", "instances", "inputs")],
    },
    "MlflowPredictions": _PREDICTIONS,
    "MlflowError": object_schema({"error_code": STRING, "message": STRING}),
    "SequenceLabels": object_schema({"sequence": STRING, "labels": array_schema(STRING)}),
    "LabelScores": object_schema(
        {
            "sequence": STRING,
            "labels": array_schema(STRING),
            "scores": _NUMBERS,
            "model_name": STRING,
            "model_version": STRING,
            "prediction_id": STRING,
        }
    ),
    "VersionStatuses": object_schema(
        {
            "model_version_status": array_schema(
                object_schema(
                    {
                        "version": STRING,
                        "state": {"enum": ["START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
                        "status": object_schema({"error_code": STRING, "error_message": STRING}),
                    }
                )
            ),
            "name": STRING,
            "ready": BOOLEAN,
        }
    ),
    "Signatures": object_schema({"model_spec": FIELDS, "metadata": FIELDS}),
}
