"""What serving models counts, for Prometheus.

Label values are names of models that exist and versions that were loaded: a caller cannot make new series.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from argosy.http.request_metrics import SECONDS_BUCKETS
from argosy.serving.servable import Servable, ServableState

_FAST_SECONDS = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.005, 0.02, 0.1, 1)
_VERSION = ("model", "version")


class ServingMetrics:
    """Cheap enough for every request: children are looked up once and kept."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = r = registry or CollectorRegistry()
        predictions = Counter("argosy_predictions", "Rows answered.", _VERSION, registry=r)
        shadows = Counter(
            "argosy_shadow_answers",
            "Rows that a shadow answered as the caller was answered, otherwise, not at all (failed), or was not asked.",
            (*_VERSION, "result"),
            registry=r,
        )
        inference = Histogram(
            "argosy_inference_seconds", "Scoring one batch.", _VERSION, buckets=_FAST_SECONDS, registry=r
        )
        self.predictions = cache(lambda model, version: predictions.labels(model, str(version)))
        self.shadow_answers = cache(lambda model, version, result: shadows.labels(model, str(version), result))
        self.inference_seconds = cache(lambda model, version: inference.labels(model, str(version)))
        self.log_seconds = Histogram(
            "argosy_prediction_log_seconds",
            "Until the kernel had a request's records.",
            buckets=SECONDS_BUCKETS,
            registry=r,
        )
        self._damaged = Gauge("argosy_spool_damaged_files", "Kept aside: no drain can read them.", registry=r)
        self._spool_bytes = Gauge("argosy_spool_bytes", "In this server's spool folder.", registry=r)
        self._state = Gauge("argosy_servable_state", "1 for a version's state.", (*_VERSION, "state"), registry=r)
        self._load_seconds = Gauge(
            "argosy_servable_load_seconds", "How long the version took to load.", _VERSION, registry=r
        )
        self._load_failures = Counter("argosy_servable_load_failures", "Loads that failed.", _VERSION, registry=r)

    def count_damaged_by(self, count: Callable[[], float]) -> None:
        """How many files of the spool no drain can read: asked for whenever the metrics are."""
        self._damaged.set_function(count)

    def measure_spool_by(self, measure: Callable[[], float]) -> None:
        """How many bytes the spool has: grows where its drainer does not get on, also without a database."""
        self._spool_bytes.set_function(measure)

    def watch(self, servable: Servable) -> None:
        """The manager's watcher: which versions are in which state."""
        model, version = servable.model, str(servable.version)
        for state in ServableState:
            if state is servable.state and state is not ServableState.GONE:
                self._state.labels(model, version, state).set(1)
            elif (model, version, state) in self._state._metrics:
                self._state.remove(model, version, state)
        if servable.state is ServableState.AVAILABLE:
            self._load_seconds.labels(model, version).set(servable.load_seconds)
        elif servable.state is ServableState.FAILED:
            self._load_failures.labels(model, version).inc()
