"""What serving offers over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from argosy.http.endpoint import TEXT, DocumentPart, Endpoint, Routes
from argosy.http.request_limits import RequestLimits
from argosy.models.answer_kinds import AnswerKind
from argosy.serving.answer_headers import PREDICTION_HEADER, VERSION_HEADER
from argosy.serving.callers import SCORES_HEADER
from argosy.serving.dataplane import DataPlane
from argosy.serving.readiness import Readiness
from argosy.serving.repository import ModelRepository
from argosy.serving.rest.classify import LabelsProtocol
from argosy.serving.rest.default_model import MODEL_HEADER, DefaultModel
from argosy.serving.rest.index import ModelIndex
from argosy.serving.rest.inference import Inference
from argosy.serving.rest.invocations import MLFLOW_FORM, MlflowProtocol
from argosy.serving.rest.model_descriptions import describe_models
from argosy.serving.rest.repository import RepositoryProtocol
from argosy.serving.rest.schemas import SCHEMAS
from argosy.serving.rest.tensorflow import PredictProtocol, TensorFlowProtocol
from argosy.serving.rest.tensorflow_examples import SIGNATURES, ExamplesProtocol
from argosy.serving.rest.v2 import V2Inference, V2Protocol
from argosy.serving.rest.v2_body import InferBody
from argosy.vault.tokens import ADMIN, PREDICT

OPEN: Final = ("v2_live", "v2_ready")
"""Asked by load balancers, which have no token."""
PATH_PARAMETERS: Final = {
    "model": "The registered model's name.",
    "version": "A version number; with V2 also an alias, such as champion.",
    "label": "An alias, such as champion.",
}
PLACES: Final = {
    "models": "GET /v2/models",
    "ask": "POST /v2/models/MODEL/infer, or POST /v1/models/MODEL:predict",
    "ready": "GET /v2/health/ready",
}
ANSWERS: Final = ("InferAnswer", "Predictions", "Classifications", "Regressions", "MlflowPredictions", "LabelScores")
"""What endpoints give that ask a model."""
_CALLER_HEADERS: Final = {
    "argosy-client": "Which program asks; goes into the prediction log.",
    "argosy-subject": "The person whom the input is about: what `erase` finds.",
    "argosy-entity": "What the input is about: what late feedback finds.",
    SCORES_HEADER: "`true`: the answer has the model's own `scores` too.",
}
_ANSWER_HEADERS: Final = {
    PREDICTION_HEADER: "The ids of the first rows' predictions, comma-separated.",
    VERSION_HEADER: "The version that answered.",
}


def serving_routes(
    dataplane: DataPlane,
    models: ModelRepository,
    readiness: Readiness,
    limits: RequestLimits,
    default_model: str = "",
) -> Routes:
    """Those asked most often come first. `default_model` answers where a path names none."""
    default = DefaultModel(dataplane.manager, default_model)
    asks = partial(Inference, dataplane, limits)
    repository = RepositoryProtocol(models, limits)
    table = [
        *_v2(V2Protocol(dataplane, readiness), asks(V2Inference(dataplane, limits)), repository),
        *_tensorflow(
            TensorFlowProtocol(dataplane),
            asks(PredictProtocol(dataplane, limits)),
            {verb: asks(ExamplesProtocol(dataplane, limits, verb)) for verb in SIGNATURES},
        ),
        *_unnamed(MlflowProtocol(dataplane, default, limits, readiness), LabelsProtocol(dataplane, default, limits)),
        *_index(ModelIndex(dataplane)),
        *_repository(repository),
    ]
    endpoints = [_with_headers(one) for one in table]

    def describe() -> DocumentPart:
        return describe_models(dataplane.loaded_models())

    return Routes(endpoints, SCHEMAS, [InferBody], PATH_PARAMETERS, PLACES, describe, PREDICT)


def _with_headers(endpoint: Endpoint) -> Endpoint:
    """Anyone who asks a model may say who they are, and receives which prediction it was."""
    if endpoint.gives not in ANSWERS:
        return endpoint
    headers = {**endpoint.request_headers, **_CALLER_HEADERS}
    return replace(endpoint, request_headers=headers, response_headers=_ANSWER_HEADERS)


def _v2(v2: V2Protocol, inference: Inference[Any], repository: RepositoryProtocol) -> list[Endpoint]:
    model, version = "/v2/models/{model}", "/v2/models/{model}/versions/{version}"
    infer, infer_version = "Ask a model.", "Ask a version, by number or alias."
    table = [
        _asks(inference, f"{model}/infer", "v2_infer", infer, "InferAnswer", "InferBody"),
        _asks(inference, f"{version}/infer", "v2_infer_version", infer_version, "InferAnswer", "InferBody"),
        Endpoint("GET", "/v2", "v2_server", v2.server, "The server's name and version.", "ServerMetadata"),
        Endpoint("GET", "/v2/health/live", "v2_live", v2.live, "Whether the server runs.", "Live"),
        Endpoint("GET", "/v2/health/ready", "v2_ready", v2.ready, "Whether its models are loaded.", "Ready"),
        *_statistics(repository, model, version),
        Endpoint("GET", model, "v2_model", v2.model, "What a model takes and gives.", "ModelMetadata"),
        Endpoint("GET", f"{model}/ready", "v2_model_ready", v2.model_ready, "Whether it can answer.", "Ready"),
        Endpoint("GET", version, "v2_version", v2.model, "What a version takes and gives.", "ModelMetadata"),
        Endpoint("GET", f"{version}/ready", "v2_version_ready", v2.model_ready, "Whether it can answer.", "Ready"),
    ]
    return [replace(one, scope="" if one.name in OPEN else PREDICT, tag="v2") for one in table]


def _statistics(repository: RepositoryProtocol, model: str, version: str) -> list[Endpoint]:
    paths = (("/v2/models/stats", "", "every model"), (f"{model}/stats", "_model", "a model"))
    return [
        Endpoint(
            "GET",
            path,
            f"v2{suffix}_statistics",
            repository.statistics,
            f"What was answered by {noun}, and how long it took.",
            "ModelStatistics",
        )
        for path, suffix, noun in (*paths, (f"{version}/stats", "_version", "a version"))
    ]


def _repository(repository: RepositoryProtocol) -> list[Endpoint]:
    one, index = "/v2/repository/models/{model}", "Every version that is to be served, and its state."
    load, unload = "Serve a model again that was unloaded.", "Serve a model no longer, until it is loaded."
    table = [
        Endpoint(
            "POST", "/v2/repository/index", "v2_repository", repository.index, index, "RepositoryIndex", "IndexRequest"
        ),
        Endpoint("POST", f"{one}/load", "v2_load", repository.load, load, "Nothing", "LoadRequest", scope=ADMIN),
        Endpoint(
            "POST", f"{one}/unload", "v2_unload", repository.unload, unload, "Nothing", "LoadRequest", scope=ADMIN
        ),
    ]
    return [replace(one, scope=one.scope or PREDICT, tag="v2") for one in table]


def _tensorflow(
    tensorflow: TensorFlowProtocol, inference: Inference[Any], examples: Mapping[AnswerKind, Inference[Any]]
) -> list[Endpoint]:
    made = []
    paths = (
        ("/v1/models/{model}", "", "a model"),
        ("/v1/models/{model}/versions/{version}", "_version", "a version"),
        ("/v1/models/{model}/labels/{label}", "_label", "the version that a label leads to"),
    )
    for path, suffix, noun in paths:
        predict, status, metadata = f"Ask {noun}.", f"The state of {noun}.", f"The signature of {noun}."
        made += [
            _asks(inference, f"{path}:predict", f"v1_predict{suffix}", predict, "Predictions", "Predict"),
            *_of_examples(examples, path, suffix, noun),
            Endpoint("GET", f"{path}:{{verb}}", f"v1_verb_by_get{suffix}", tensorflow.verb_by_get, "", ""),
            Endpoint("GET", path, f"v1_status{suffix}", tensorflow.status, status, "VersionStatuses"),
            Endpoint("GET", f"{path}/metadata", f"v1_metadata{suffix}", tensorflow.metadata, metadata, "Signatures"),
            Endpoint("POST", f"{path}:{{verb}}", f"v1_other_verb{suffix}", tensorflow.other_verb, "", ""),
        ]
    return [replace(one, scope=PREDICT, tag="tensorflow") for one in made]


def _of_examples(examples: Mapping[AnswerKind, Inference[Any]], path: str, suffix: str, noun: str) -> list[Endpoint]:
    table: tuple[tuple[AnswerKind, str, str], ...] = (
        ("classify", f"Every class with its probability, by {noun}.", "Classifications"),
        ("regress", f"Numbers, by {noun}.", "Regressions"),
    )
    return [
        _asks(examples[verb], f"{path}:{verb}", f"v1_{verb}{suffix}", summary, gives, "Examples")
        for verb, summary, gives in table
    ]


def _unnamed(mlflow: MlflowProtocol, labels: LabelsProtocol) -> list[Endpoint]:
    """Those whose paths name no model."""
    ask, ready, version = "Ask the default model, as MLflow has it.", "Whether models can answer.", "Argosy's version."
    scores = "A score for each label, by the default model."
    made = [
        Endpoint(
            "POST", "/invocations", "mlflow_invocations", mlflow.invocations, ask, "MlflowPredictions", "Invocation"
        ),
        Endpoint("GET", "/ping", "mlflow_ping", mlflow.ping, ready, TEXT),
        Endpoint("GET", "/health", "mlflow_health", mlflow.ping, ready, TEXT),
        Endpoint("GET", "/version", "mlflow_version", mlflow.version, version, TEXT),
    ]
    found = [replace(one, scope=PREDICT if one.takes else "", tag="mlflow", errors=MLFLOW_FORM) for one in made]
    classify = Endpoint("POST", "/classify", "classify", labels.classify, scores, "LabelScores", "SequenceLabels")
    choices = {MODEL_HEADER: "The model, NAME or NAME@VERSION; also ?model=NAME."}
    asking = [*found, replace(classify, scope=PREDICT)]
    return [replace(one, request_headers=choices) if one.takes else one for one in asking]


def _asks(inference: Inference[Any], path: str, name: str, summary: str, gives: str, takes: str) -> Endpoint:
    return Endpoint("POST", path, name, inference.handle, summary, gives, takes, fast=inference)


def _index(index: ModelIndex) -> list[Endpoint]:
    names = "The names of the models."
    models = "Every model, its versions and aliases, and which version answers where none is named."
    return [
        Endpoint("GET", "/v2/models", "v2_models", index.models, models, "Models", scope=PREDICT, tag="v2"),
        Endpoint("GET", "/v1/models", "v1_models", index.names, names, "ModelNames", scope=PREDICT, tag="tensorflow"),
    ]
