"""The one table from errors to HTTP statuses. Every route answers `{"error": "…"}`, or in its protocol's form."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from argosy.error_messages import traced
from argosy.errors import (
    ArgosyError,
    ArtifactNotFound,
    ContentTypeUnsupported,
    CrossSiteRequest,
    DatabaseUnavailable,
    ExtraMissing,
    HostNotServed,
    InputTooLarge,
    ModelNotFound,
    ModelNotReady,
    NotPermitted,
    Outage,
    PluginFailed,
    PredictionNotFound,
    PredictionNotLogged,
    RequestTooLarge,
    RequestTooSlow,
    RestartRequired,
    RouteNotFound,
    SchemaNewer,
    TokenMissing,
    UserMistake,
    VersionNotFound,
    WeightsDiffer,
)
from argosy.http.endpoint import OWN_FORM, ErrorForm
from argosy.http.responses import json_response
from argosy.telemetry import logger

STATUSES: tuple[tuple[type[Exception], int], ...] = (  # the first that fits
    (TokenMissing, 401),
    (NotPermitted, 403),
    (CrossSiteRequest, 403),
    (HostNotServed, 421),
    (RouteNotFound, 404),
    (ModelNotFound, 404),
    (VersionNotFound, 404),
    (PredictionNotFound, 404),
    (ArtifactNotFound, 404),
    (RequestTooLarge, 413),
    (InputTooLarge, 413),
    (ContentTypeUnsupported, 415),
    (RestartRequired, 409),
    (SchemaNewer, 503),
    (PluginFailed, 500),
    (ExtraMissing, 500),
    (WeightsDiffer, 500),
    (UserMistake, 400),
    (ModelNotReady, 503),
    (RequestTooSlow, 503),
    (PredictionNotLogged, 503),
    (DatabaseUnavailable, 503),
    (Outage, 503),
    (Exception, 500),
)
MESSAGE_CHARACTERS = 2000
_HEADERS = {401: {"www-authenticate": 'Bearer realm="argosy"'}, 503: {"retry-after": "1"}}
_log = logger("argosy.http")


def status_of(error: Exception) -> int:
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def error_response(request: Request, error: Exception, form: ErrorForm = OWN_FORM) -> Response:  # noqa: ARG001 - Starlette's signature
    """What a failed request receives: Argosy's own sentences; of a defect only that there was one."""
    if isinstance(error, HTTPException):  # Starlette's own: no such path, no such method
        return _error(error.status_code, f"{error.detail}: GET / says what there is", dict(error.headers or {}), form)
    if isinstance(error, ArgosyError):
        status = status_of(error)
        return _error(status, str(error), _HEADERS.get(status, {}), form)
    _log.error("a request failed: %s", traced(error))
    return _error(500, "the server made a mistake; its log says more", {}, form)


def _error(status: int, message: str, headers: dict[str, str], form: ErrorForm) -> Response:
    if len(message) > MESSAGE_CHARACTERS:  # it quotes what the client sent
        message = f"{message[:MESSAGE_CHARACTERS]}…"
    return json_response(form.write(status, message), status, headers)
