"""Every route that there is: the one table behind the application and its OpenAPI document."""

from __future__ import annotations

from dataclasses import replace

from argosy.serving.dataplane import DataPlane
from argosy.serving.rest.endpoint import Endpoint
from argosy.serving.rest.feedback import FeedbackDesk
from argosy.serving.rest.index import Index
from argosy.serving.rest.operations import Operations
from argosy.serving.rest.tensorflow import TensorFlow
from argosy.serving.rest.v2 import V2
from argosy.vault.tokens import ADMIN, FEEDBACK, PREDICT

OPEN = ("v2_live", "v2_ready")
"""Asked by load balancers, which have no token. The document of the routes is open too, as it tells nothing."""


def endpoints(dataplane: DataPlane, desk: FeedbackDesk) -> list[Endpoint]:
    """Those asked most often come first."""
    operations = Operations(dataplane.metrics)
    index = _index(Index(dataplane))
    table = [*_v2(V2(dataplane)), *_tensorflow(TensorFlow(dataplane)), *_argosy(operations, desk), *index]
    operations.describe(table)
    return table


def _v2(v2: V2) -> list[Endpoint]:
    model, version = "/v2/models/{model}", "/v2/models/{model}/versions/{version}"
    infer, infer_version = "Ask a model.", "Ask a version, by number or alias."
    table = [
        Endpoint("POST", f"{model}/infer", "v2_infer", v2.infer, infer, "InferAnswer", "InferBody"),
        Endpoint("POST", f"{version}/infer", "v2_infer_version", v2.infer, infer_version, "InferAnswer", "InferBody"),
        Endpoint("GET", "/v2", "v2_server", v2.server, "The server's name and version.", "ServerMetadata"),
        Endpoint("GET", "/v2/health/live", "v2_live", v2.live, "Whether the server runs.", "Live"),
        Endpoint("GET", "/v2/health/ready", "v2_ready", v2.ready, "Whether its models are loaded.", "Ready"),
        Endpoint("GET", model, "v2_model", v2.model, "What a model takes and gives.", "ModelMetadata"),
        Endpoint("GET", f"{model}/ready", "v2_model_ready", v2.model_ready, "Whether it can answer.", "Ready"),
        Endpoint("GET", version, "v2_version", v2.model, "What a version takes and gives.", "ModelMetadata"),
        Endpoint("GET", f"{version}/ready", "v2_version_ready", v2.model_ready, "Whether it can answer.", "Ready"),
    ]
    return [replace(one, scope="" if one.name in OPEN else PREDICT) for one in table]


def _tensorflow(tensorflow: TensorFlow) -> list[Endpoint]:
    made = []
    paths = (
        ("/v1/models/{model}", "", "a model"),
        ("/v1/models/{model}/versions/{version}", "_version", "a version"),
        ("/v1/models/{model}/labels/{label}", "_label", "the version that a label leads to"),
    )
    for path, suffix, noun in paths:
        predict, status, metadata = f"Ask {noun}.", f"The state of {noun}.", f"The signature of {noun}."
        made += [
            Endpoint(
                "POST", f"{path}:predict", f"v1_predict{suffix}", tensorflow.predict, predict, "Predictions", "Predict"
            ),
            Endpoint("GET", path, f"v1_status{suffix}", tensorflow.status, status, "VersionStatuses"),
            Endpoint("GET", f"{path}/metadata", f"v1_metadata{suffix}", tensorflow.metadata, metadata, "Signatures"),
        ]
    return [replace(one, scope=PREDICT) for one in made]


def _argosy(operations: Operations, desk: FeedbackDesk) -> list[Endpoint]:
    feedback = "Say what a prediction should have been, or what then happened."
    return [
        Endpoint("POST", "/feedback", "feedback", desk.give, feedback, "FeedbackAnswer", "FeedbackBody", FEEDBACK),
        Endpoint("GET", "/metrics", "metrics", operations.metrics, "For Prometheus.", "text", scope=ADMIN),
        Endpoint("GET", "/openapi.json", "openapi", operations.openapi, "This document.", "Document"),
    ]


def _index(index: Index) -> list[Endpoint]:
    models = "Every model, its versions and aliases, and which version answers where none is named."
    return [
        Endpoint("GET", "/", "home", index.home, "Where things are.", "Home"),
        Endpoint("GET", "/v2/models", "v2_models", index.models, models, "Models", scope=PREDICT),
        Endpoint("GET", "/v1/models", "v1_models", index.models, models, "Models", scope=PREDICT),
    ]
