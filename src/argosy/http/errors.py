"""The one table from errors to HTTP statuses. Every route answers `{"error": "…"}`, or in its protocol's form."""

from __future__ import annotations

from collections.abc import Mapping

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
    FeatureUnavailable,
    HostNotServed,
    InputTooLarge,
    ModelNotFound,
    ModelNotReady,
    NotPermitted,
    Outage,
    PluginFailed,
    PredictionNotFound,
    PredictionNotLogged,
    QueueFull,
    RemoteModelUnavailable,
    RequestTooLarge,
    RequestTooSlow,
    RestartRequired,
    RouteNotFound,
    SchemaNewer,
    ServiceNotFound,
    TokenMissing,
    UserMistake,
    VersionNotFound,
    WeightsDiffer,
)
from argosy.http.endpoint import OWN_FORM, ErrorForm
from argosy.http.responses import to_json
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
    (ServiceNotFound, 404),
    (ArtifactNotFound, 404),
    (RequestTooLarge, 413),
    (InputTooLarge, 413),
    (ContentTypeUnsupported, 415),
    (RestartRequired, 409),
    (QueueFull, 429),
    (SchemaNewer, 503),
    (PluginFailed, 500),
    (ExtraMissing, 500),
    (WeightsDiffer, 500),
    (UserMistake, 400),
    (ModelNotReady, 503),
    (RequestTooSlow, 503),
    (RemoteModelUnavailable, 503),
    (PredictionNotLogged, 503),
    (FeatureUnavailable, 503),
    (DatabaseUnavailable, 503),
    (Outage, 503),
    (Exception, 500),
)
MESSAGE_CHARACTERS = 2000
_HEADERS = {401: {"www-authenticate": 'Bearer realm="argosy"'}, 429: {"retry-after": "1"}, 503: {"retry-after": "1"}}
_log = logger("argosy.http")


def status_of(error: Exception) -> int:
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def error_response(request: Request, error: Exception, form: ErrorForm = OWN_FORM) -> Response:  # noqa: ARG001 - Starlette's signature
    """What a failed request receives."""
    status, headers, body = error_answer(error, form)
    return Response(body, status, dict(headers), "application/json")


def error_answer(error: Exception, form: ErrorForm = OWN_FORM) -> tuple[int, Mapping[str, str], bytes]:
    """Status, header fields and body: Argosy's own sentences; of a defect only that there was one."""
    if isinstance(error, HTTPException):  # Starlette's own: no such path, no such method
        status, headers, message = error.status_code, error.headers or {}, f"{error.detail}: GET / says what there is"
    elif isinstance(error, ArgosyError):
        status = status_of(error)
        headers, message = _HEADERS.get(status, {}), str(error)
    else:
        _log.error("a request failed: %s", traced(error))
        status, headers, message = 500, {}, "the server made a mistake; its log says more"
    if len(message) > MESSAGE_CHARACTERS:  # it quotes what the client sent
        message = f"{message[:MESSAGE_CHARACTERS]}…"
    return status, headers, to_json(form.write(status, message))
