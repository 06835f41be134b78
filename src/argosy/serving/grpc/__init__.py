"""The data plane over gRPC: Open Inference Protocol V2, feedback, health and reflection."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

from argosy.errors import ExtraMissing

if TYPE_CHECKING:
    from argosy.http.authentication import Authentication
    from argosy.http.connection_limits import ConnectionLimits
    from argosy.http.request_limits import RequestLimits
    from argosy.http.request_metrics import RequestMetrics
    from argosy.predictions.feedback_writer import FeedbackWriter
    from argosy.serving.dataplane import DataPlane
    from argosy.serving.grpc.listener import GrpcListener
    from argosy.serving.readiness import Readiness
    from argosy.serving.repository import ModelRepository

VARIABLES: Final = {"GRPC_VERBOSITY": "ERROR", "GRPC_ENABLE_FORK_SUPPORT": "0"}
"""What gRPC's C core reads when it is imported: its log lines of lower levels are for its developers, and the server's
children are other programs, which need no connections of their parent."""


class AskedModels(Protocol):
    """What is asked over gRPC."""

    dataplane: DataPlane
    repository: ModelRepository
    readiness: Readiness


def grpc_listener(
    port: int,
    models: AskedModels,
    writer: FeedbackWriter,
    authentication: Authentication,
    metrics: RequestMetrics,
    limits: RequestLimits,
    connections: ConnectionLimits,
    is_shared: bool = False,
) -> GrpcListener:
    """A listener of all services; raises ExtraMissing where gRPC is not installed. `is_shared`: see `GrpcListener`."""
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
    try:
        from argosy.serving.grpc.calls import MethodHandlers
        from argosy.serving.grpc.feedback import FeedbackService
        from argosy.serving.grpc.inference import InferenceService
        from argosy.serving.grpc.listener import GrpcListener
        from argosy.serving.grpc.messages import FEEDBACK_SERVICE, INFERENCE
        from argosy.serving.grpc.repository import RepositoryMethods
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("argosy"):
            raise
        raise ExtraMissing("grpcio", "grpc", "serving over gRPC") from None
    inference = InferenceService(models.dataplane, limits, models.readiness)
    offered = (inference, FeedbackService(writer), RepositoryMethods(models.repository))
    handlers = MethodHandlers([one for each in offered for one in each.methods()], authentication, metrics, limits)
    services, is_ready = (INFERENCE, FEEDBACK_SERVICE), models.readiness.is_ready
    return GrpcListener(handlers, services, is_ready, port, limits.body_bytes, connections, is_shared)
