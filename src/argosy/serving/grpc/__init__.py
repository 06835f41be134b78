"""The data plane over gRPC: Open Inference Protocol V2, feedback, health and reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import ExtraMissing

if TYPE_CHECKING:
    from argosy.http.authentication import Authentication
    from argosy.http.connection_limits import ConnectionLimits
    from argosy.http.request_limits import RequestLimits
    from argosy.http.request_metrics import RequestMetrics
    from argosy.predictions.feedback_writer import FeedbackWriter
    from argosy.serving.dataplane import DataPlane
    from argosy.serving.grpc.listener import GrpcListener


def grpc_listener(
    port: int,
    dataplane: DataPlane,
    writer: FeedbackWriter,
    authentication: Authentication,
    metrics: RequestMetrics,
    limits: RequestLimits,
    connections: ConnectionLimits,
) -> GrpcListener:
    """A listener of all services; raises ExtraMissing where gRPC is not installed."""
    try:
        from argosy.serving.grpc.calls import MethodHandlers
        from argosy.serving.grpc.feedback import FeedbackService
        from argosy.serving.grpc.inference import InferenceService
        from argosy.serving.grpc.listener import GrpcListener
        from argosy.serving.grpc.messages import FEEDBACK_SERVICE, INFERENCE
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("argosy"):
            raise
        raise ExtraMissing("grpcio", "grpc", "serving over gRPC") from None
    methods = [*InferenceService(dataplane, limits).methods(), *FeedbackService(writer).methods()]
    handlers = MethodHandlers(methods, authentication, metrics, limits)
    services = (INFERENCE, FEEDBACK_SERVICE)
    return GrpcListener(handlers, services, dataplane.is_ready, port, limits.body_bytes, connections)
