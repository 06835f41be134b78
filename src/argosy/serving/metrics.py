"""What the server counts, for Prometheus. A registry of its own, so that two servers in one process do not meet.

Label values are names of models that exist and versions that were loaded: a caller cannot make new series.
"""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from argosy.serving.servable import Servable, State

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_FAST_SECONDS = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.005, 0.02, 0.1, 1)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Cheap enough for every request: children are looked up once and kept."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        requests = Counter("argosy_requests", "Answered requests.", ["route", "status"], registry=r)
        seconds = Histogram(
            "argosy_request_seconds", "From first byte to answer.", ["route"], buckets=_SECONDS, registry=r
        )
        predictions = Counter("argosy_predictions", "Rows answered.", ["model", "version"], registry=r)
        inference = Histogram(
            "argosy_inference_seconds", "Scoring one batch.", ["model", "version"], buckets=_FAST_SECONDS, registry=r
        )
        self.requests = cache(lambda route, status: requests.labels(route, status))
        self.request_seconds = cache(lambda route: seconds.labels(route))
        self.predictions = cache(lambda model, version: predictions.labels(model, str(version)))
        self.inference_seconds = cache(lambda model, version: inference.labels(model, str(version)))
        self.log_seconds = Histogram(
            "argosy_prediction_log_seconds", "Until the kernel had a request's records.", buckets=_SECONDS, registry=r
        )
        self.damaged = Gauge("argosy_spool_damaged_files", "Kept aside: no drain can read them.", registry=r)
        self.feedback = Counter("argosy_feedback", "Feedback taken.", ["kind", "added"], registry=r)
        self._state = Gauge(
            "argosy_servable_state", "1 for a version's state.", ["model", "version", "state"], registry=r
        )
        self._load_seconds = Gauge(
            "argosy_servable_load_seconds", "How long the version took to load.", ["model", "version"], registry=r
        )
        self._load_failures = Counter(
            "argosy_servable_load_failures", "Loads that failed.", ["model", "version"], registry=r
        )

    def watch(self, servable: Servable) -> None:
        """The manager's watcher: which versions are in which state."""
        model, version = servable.model, str(servable.version)
        for state in State:
            if state is servable.state and state is not State.GONE:
                self._state.labels(model, version, state).set(1)
            elif (model, version, state) in self._state._metrics:
                self._state.remove(model, version, state)
        if servable.state is State.AVAILABLE:
            self._load_seconds.labels(model, version).set(servable.load_seconds)
        elif servable.state is State.FAILED:
            self._load_failures.labels(model, version).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)
