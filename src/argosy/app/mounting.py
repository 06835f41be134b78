"""The HTTP server of a project: every package's routes, mounted on one address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from argosy.database import Database
from argosy.definitions.project import LimitSettings
from argosy.feedback.outcomes.routes import PostedOutcomes, outcome_routes
from argosy.feedback.routes import feedback_counter, feedback_routes
from argosy.http.access import Access
from argosy.http.access_log import AccessLog
from argosy.http.authentication import Authentication
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.http_server import HttpServer
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics
from argosy.http.sites import Sites
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.feedback_writer import FeedbackWriter
from argosy.predictions.log import PredictionLog
from argosy.services.services import OpeningServices
from argosy.serving.answer_headers import PREDICTION_HEADER
from argosy.serving.aspired_versions import ServedVersions
from argosy.serving.grpc import grpc_listener
from argosy.serving.limits import InputLimits
from argosy.serving.model_server import ModelServer
from argosy.serving.reloading import Reloading
from argosy.serving.rest.reload_route import reload_routes
from argosy.siblings.siblings import Siblings
from argosy.store.store import Store
from argosy.transfer.remote_store import RemoteStore
from argosy.transfer.store_routes import store_routes
from argosy.vault.tokens import Tokens
from argosy.vault.vault import Vault


def http_server(
    store: Store,
    vault: Vault,
    spool: Path,
    *,
    models: Mapping[str, ServedVersions] | None = None,
    limits: LimitSettings | None = None,
    default_model: str = "",
    hosts: Sequence[str] = (),
    grpc_port: int | None = None,
    is_strict: bool = False,
    is_stored: bool = False,
    remote: RemoteStore | None = None,
    reloading: Reloading | None = None,
    siblings: Siblings | None = None,
    unloaded: Sequence[str] = (),
    services: OpeningServices | None = None,
    root: Path | None = None,
) -> HttpServer:
    """Serves `models`, or all there are, or those of a `remote` store, and the `services` that ask them; `hosts` are
    further names that it is asked under. Raises ExtraMissing where gRPC has a port and is not installed; and, strict or
    with `is_stored`, what `ModelServer` does, also of `siblings` and `unloaded`. `root` has the services."""
    given, siblings = limits or LimitSettings(), siblings or Siblings()
    metrics, database = RequestMetrics(_access_log(reloading)), store.database
    of_requests = RequestLimits(given.body_bytes, given.values, given.seconds)
    model_server = ModelServer(
        store,
        vault,
        spool,
        metrics.registry,
        models=models,
        limits=InputLimits(given.text_bytes, given.rows),
        imported_seconds=given.imported_seconds,
        is_strict=is_strict,
        is_stored=is_stored,
        remote=remote,
        settings=reloading.settings if reloading else None,
        siblings=siblings,
        unloaded=unloaded,
    )
    asked = [] if services is None else [services(model_server.dataplane, siblings, reloading)]
    writer, authentication = _feedback_writer(database, vault, spool, metrics), Authentication(Tokens(database, vault))
    shared = (writer, authentication, metrics, of_requests, _connection_limits(given))
    reloadings = [] if reloading is None else [reloading.calling(model_server.apply)]
    return HttpServer(
        [
            model_server.routes(of_requests, default_model),
            *(one.routes(of_requests) for one in asked),
            *(feedback_routes(writer), outcome_routes(PostedOutcomes.of(root or spool, database, vault, spool))),
            store_routes(store),
            *(reload_routes(one, siblings) for one in reloadings),
        ],
        Access(authentication, Sites(hosts)),
        metrics,
        of_requests,
        [model_server, *asked, *([] if siblings.count > 1 else reloadings)],
        given.connections,
        [] if grpc_port is None else [grpc_listener(grpc_port, model_server, *shared, is_shared=siblings.count > 1)],
        siblings,
    )


def _connection_limits(given: LimitSettings) -> ConnectionLimits:
    return ConnectionLimits(connections=given.connections, seconds=given.seconds)


def _access_log(reloading: Reloading | None) -> AccessLog | None:
    is_wanted = reloading is not None and reloading.settings.server.access_log
    return AccessLog(PREDICTION_HEADER) if is_wanted else None


def _feedback_writer(database: Database, vault: Vault, spool: Path, metrics: RequestMetrics) -> FeedbackWriter:
    predictions, watch = PredictionLog(database, vault, spool), feedback_counter(metrics.registry)
    return FeedbackWriter(FeedbackLog(database, vault, bring=predictions.bring), predictions, watch)
