"""The model server put together from a store, a vault and a spool folder: everything but the network."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from prometheus_client import CollectorRegistry

from argosy.definitions.project import Settings
from argosy.http.endpoint import Routes
from argosy.http.request_limits import RequestLimits
from argosy.models.runtimes import CALL_SECONDS
from argosy.predictions import segments
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.predictions.warm_up_requests import WarmUpRequests
from argosy.serving.aspired_versions import ServedVersions, served_versions
from argosy.serving.catalogue import PolledCatalogue, StoreCatalogue
from argosy.serving.champion_watch import ChampionWatch
from argosy.serving.choices import ServingChoices
from argosy.serving.dataplane import DataPlane
from argosy.serving.drift_gauges import DriftGauges
from argosy.serving.limits import InputLimits
from argosy.serving.loaders.adapted_model import AdaptedModelLoader
from argosy.serving.manager import Manager
from argosy.serving.metrics import ServingMetrics
from argosy.serving.model_control import ModelControl
from argosy.serving.plugin_code import TrainedCode
from argosy.serving.readiness import Readiness
from argosy.serving.recording import Recorder
from argosy.serving.reloading import APPLY
from argosy.serving.repository import ModelRepository
from argosy.serving.rest.routes import serving_routes
from argosy.serving.server_tallies import ServerTallies
from argosy.serving.source import POLL_SECONDS, Catalogue, Source
from argosy.serving.spool_gauges import SpoolGauges
from argosy.serving.tracing import tracing_to
from argosy.serving.warm_up import requests_there
from argosy.siblings.siblings import Siblings
from argosy.store.artifact_store import Sha256
from argosy.store.store import Store
from argosy.store.trained import Version
from argosy.telemetry import follow_settings
from argosy.vault.vault import Vault

SWITCH_SECONDS = 0.0005
"""How long a loading thread may keep the interpreter while a request waits; Python's own default is 5 ms."""
GARBAGE_OBJECTS = 20_000
"""How many more objects there are before the collector looks for cycles. A request leaves none; Python's own 700 are
reached by those under way."""


class OfferedStore(Protocol):
    """Versions and their files that another machine offers."""

    def all_versions(self) -> Sequence[Version]: ...

    def fetch_artifact(self, digest: str, sha256: Sha256) -> Path:
        """A local file, compared with its digest, which `sha256` computes."""


class ModelServer:
    """Serves what the store's aliases say, through its data plane. The vault needs the key of predictions only.

    What it logs stays in the folder `spool` until somebody drains it (`argosy.predictions.drain.follow`). A call of an
    imported model may take `imported_seconds`. Strict, it raises PluginCodeChanged where a version that it is to serve
    was trained with other code of a user's plug-in than is here, and loads no such version later. With
    `is_stored` these are loaded with the code that was kept with them; where none was, they are not. With `siblings` it
    is one process of several; `unloaded` are models that were unloaded before this one was started.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        spool: Path,
        registry: CollectorRegistry,
        *,
        models: Mapping[str, ServedVersions] | None = None,
        limits: InputLimits | None = None,
        imported_seconds: float = CALL_SECONDS,
        is_strict: bool = False,
        is_stored: bool = False,
        poll_seconds: float = POLL_SECONDS,
        remote: OfferedStore | None = None,
        settings: Settings | None = None,
        siblings: Siblings | None = None,
        unloaded: Iterable[str] = (),
    ) -> None:
        settings, siblings = settings or Settings(), siblings or Siblings()
        self._processes, choices = siblings.count, ServingChoices.of(settings.server)
        scope = vault.scope(SCOPE)
        metrics = ServingMetrics(registry)
        metrics.count_damaged_by(lambda: len(segments.damaged(spool)))
        metrics.measure_spool_by(lambda: segments.total_bytes(spool))
        self._gauges = (DriftGauges(store.database), SpoolGauges(store.database))
        for gauges in self._gauges:
            registry.register(gauges)
        self._is_own = remote is None
        offered: Catalogue
        if remote is None:
            code = TrainedCode(store, is_strict, is_stored)
            self._loader, offered = _of_store(store, models or {}, imported_seconds, code, metrics.form_refused)
        else:
            self._loader = AdaptedModelLoader(remote.fetch_artifact, imported_seconds, on_refused=metrics.form_refused)
            offered = PolledCatalogue(remote.all_versions, models or {})
        self.manager = Manager(
            self._loader,
            watch=metrics.watch,
            share_key=lambda use: scope.hash("traffic", use.encode()),
            requests_of=lambda model: requests_there(WarmUpRequests(store.database, scope), model),
        )
        self.manager.limit_memory(settings.server.memory_bytes(), self._processes)
        self._control = ModelControl(self.manager.aspire, unloaded)
        self._source = Source(offered, self._control.aspire, poll_seconds)
        self._tallies = ServerTallies(siblings, lambda: self.manager.routing, lambda: self._watch.champions())
        self._watch = ChampionWatch(lambda: self.manager.routing, store, settings.rollback, self._tallies.tally)
        recorder = Recorder(SpoolWriter(spool, scope), PredictionIds(scope))
        self._tracing = tracing_to(choices.traces)
        self.dataplane = DataPlane(
            self.manager, recorder, limits=limits, metrics=metrics, choices=choices, tracing=self._tracing
        )
        self.repository = ModelRepository(self.dataplane, self._control, siblings)
        self.readiness = Readiness(self.dataplane, siblings)
        siblings.answer_to(APPLY, self._apply_here)

    def routes(self, limits: RequestLimits, default_model: str = "") -> Routes:
        """What it answers over HTTP; `default_model` answers where a path names none."""
        return serving_routes(self.dataplane, self.repository, self.readiness, limits, default_model)

    def apply(self, settings: Settings) -> None:
        """Serve from now on what these settings say; of the others those that a running server applies. Any thread."""
        follow_settings(settings.server.log_level, settings.server.log_format)
        self.dataplane.limits = InputLimits(settings.limits.text_bytes, settings.limits.rows)
        self.dataplane.choices = ServingChoices.of(settings.server)
        self._watch.settings = settings.rollback
        self.manager.limit_memory(settings.server.memory_bytes(), self._processes)
        self._source.want(served_versions(settings.server.models))

    async def _apply_here(self, settings: Any) -> None:
        self.apply(msgspec.convert(settings, Settings))

    def start(self) -> None:
        """Begin to look for versions and to load them."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self._loader.preload()
        gc.freeze()  # what is here now stays: no collection need look at it again
        gc.set_threshold(GARBAGE_OBJECTS)
        self.manager.start()
        self._source.start()
        if self._is_own:
            self._watch.start()
        for gauges in self._gauges:
            gauges.start()

    def stop(self) -> None:
        """Stop looking and loading, and release the spool."""
        for gauges in self._gauges:
            gauges.stop()
        self._tallies.close()
        self._watch.stop()
        self._source.stop()
        self.manager.stop()
        self._loader.close()
        self.dataplane.close()
        if self._tracing is not None:
            self._tracing.stop()


def _of_store(
    store: Store,
    models: Mapping[str, ServedVersions],
    imported_seconds: float,
    code: TrainedCode,
    on_refused: Callable[[str], None],
) -> tuple[AdaptedModelLoader, StoreCatalogue]:
    """The loader of a store's versions, and the catalogue of those that are wanted; raises as `ModelServer` does."""
    loader = AdaptedModelLoader(
        store.artifacts.fetch,
        imported_seconds,
        code=code.loading,
        size=lambda reference: store.trained(reference.label).size_bytes,
        on_refused=on_refused,
    )
    offered = StoreCatalogue(store, models)
    code.check_all(offered.read)
    return loader, offered
