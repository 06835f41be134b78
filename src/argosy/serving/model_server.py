"""The model server put together from a store, a vault and a spool folder."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette

from argosy.http.limits import ConnectionLimits
from argosy.http.server import serve
from argosy.http.sites import Sites
from argosy.predictions import segments
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE, PredictionLog
from argosy.predictions.spool import SpoolWriter
from argosy.serving import catalogue
from argosy.serving.aspired import Wish
from argosy.serving.dataplane import DataPlane
from argosy.serving.drift_gauges import DriftGauges
from argosy.serving.guard import Guard
from argosy.serving.limits import Limits
from argosy.serving.loaders.adapted_model import AdaptedModelLoader
from argosy.serving.manager import Manager
from argosy.serving.metrics import Metrics
from argosy.serving.rest.application import application
from argosy.serving.rest.endpoints import endpoints
from argosy.serving.rest.feedback import FeedbackDesk
from argosy.serving.source import POLL_SECONDS, Source
from argosy.store.store import Store
from argosy.vault.tokens import Tokens
from argosy.vault.vault import Vault

SWITCH_SECONDS = 0.0005
"""How long a loading thread may keep the interpreter while a request waits; Python's own default is 5 ms."""


class ModelServer:
    """Serves what the store's aliases say. The vault needs the key of predictions only.

    What it logs stays in the folder `spool` until somebody drains it (`argosy.predictions.drain.follow`). `hosts` are
    further names that it may be asked under.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        spool: Path,
        *,
        models: Mapping[str, Wish] | None = None,
        limits: Limits | None = None,
        hosts: Sequence[str] = (),
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        scope = vault.scope(SCOPE)
        self.limits = limits or Limits()
        self.sites = Sites(hosts)
        self.guard = Guard(Tokens(store.database, vault))
        self.metrics = Metrics()
        self.drift = DriftGauges(store.database)
        self.metrics.registry.register(self.drift)
        self.loader = AdaptedModelLoader(store.artifacts, self.limits.imported_seconds)
        self.manager = Manager(self.loader, watch=self.metrics.watch)
        self.source = Source(catalogue.of_store(store, models or {}), self.manager.aspire, poll_seconds)
        self.metrics.damaged.set_function(lambda: len(segments.damaged(spool)))
        log = SpoolWriter(spool, scope)
        self.dataplane = DataPlane(self.manager, log, PredictionIds(scope), limits=self.limits, metrics=self.metrics)
        desk = FeedbackDesk(
            FeedbackLog(store.database, vault), PredictionLog(store.database, vault, spool), self.metrics
        )
        table = endpoints(self.dataplane, desk)
        self.app: Starlette = application(
            table, self.metrics, self.guard, self.sites, self.limits.seconds, self.start, self.stop
        )

    def start(self) -> None:
        """Begin to look for versions and to load them."""
        self.loader.preload()
        gc.freeze()  # what is here now stays: no collection need look at it again
        self.manager.start()
        self.source.start()
        self.guard.start()
        self.drift.start()

    def stop(self) -> None:
        """Stop looking and loading, and let go of the spool."""
        self.drift.stop()
        self.guard.stop()
        self.source.stop()
        self.manager.stop()
        self.dataplane.close()

    def run(self, host: str, port: int, on_listening: Callable[[str], None] | None = None) -> None:
        """Answer requests until SIGTERM or Ctrl-C; raises PortInUse, AddressInvalid, and TokenMissing where others
        could reach the host and there is no token."""
        self.guard.open_to(host)
        self.sites.add(host)
        sys.setswitchinterval(SWITCH_SECONDS)
        limits = ConnectionLimits(connections=self.limits.connections, seconds=self.limits.seconds)
        serve(self.app, host, port, on_listening, limits)
