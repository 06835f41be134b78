"""Errors as gRPC's status codes: those of HTTP's table, which is the one of errors, in gRPC's words."""

from __future__ import annotations

from typing import Final

from grpc import StatusCode

from argosy.error_messages import traced
from argosy.errors import ArgosyError, RequestTooSlow, RouteNotFound
from argosy.http.errors import status_of
from argosy.telemetry import logger

CODES: Final = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    409: StatusCode.FAILED_PRECONDITION,
    413: StatusCode.RESOURCE_EXHAUSTED,  # as gRPC itself says of a message over the limit
    429: StatusCode.RESOURCE_EXHAUSTED,
    503: StatusCode.UNAVAILABLE,
}
"""HTTP's status to gRPC's code; any other is INTERNAL."""
DETAILS_BYTES: Final = 2000
"""Of a message: clients refuse metadata over 8 KB, and a byte may take three on the wire."""
_log = logger("argosy.serving")


def code_of(error: Exception) -> StatusCode:
    """An error of another kind than Argosy's is a defect."""
    if isinstance(error, RequestTooSlow):
        return StatusCode.DEADLINE_EXCEEDED
    if isinstance(error, RouteNotFound):
        return StatusCode.UNIMPLEMENTED
    return CODES.get(status_of(error), StatusCode.INTERNAL)


def details_of(error: Exception) -> str:
    """What a caller is told: Argosy's own sentences; of a defect, which is logged, only that there was one."""
    if not isinstance(error, ArgosyError):
        _log.error("a call over gRPC failed: %s", traced(error))
        return "the server made a mistake; its log says more"
    said = str(error).encode("utf-8", "replace")
    if len(said) <= DETAILS_BYTES:
        return said.decode()
    return f"{said[:DETAILS_BYTES].decode('utf-8', 'ignore')}…"
