"""What serving models counts, for Prometheus.

Label values are names of models that exist and versions that were loaded: a caller cannot make new series.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge

from argosy.http.tallies import CountFamily, CountTally, HistogramFamily
from argosy.serving.servable import Servable, ServableState

_FAST_SECONDS = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.005, 0.02, 0.1, 1)
_WAITING_SECONDS = (*_FAST_SECONDS, 5, 20)
_ROWS = tuple(2**power for power in range(13))
_VERSION = ("model", "version")
_PROTOCOL = (*_VERSION, "protocol")
RequestResult: TypeAlias = Literal["answered", "refused", "failed"]
"""Refused: for a reason that is not the model's, such as a bad row, a full queue or a log that cannot be written."""


class _Families:
    """One metric each, of every version."""

    def __init__(self) -> None:
        self.requests = CountFamily(
            "argosy_model_requests",
            "Requests that a version answered, or that were refused or failed after it was chosen.",
            (*_PROTOCOL, "result"),
        )
        self.rows = CountFamily("argosy_predictions", "Rows answered.", _PROTOCOL)
        self.batches = HistogramFamily("argosy_batch_rows", "Rows scored in one call of the model.", _VERSION, _ROWS)
        self.queue = HistogramFamily(
            "argosy_queue_seconds", "From a request's arrival until its batch was begun.", _VERSION, _WAITING_SECONDS
        )
        self.inference = HistogramFamily("argosy_inference_seconds", "Scoring one batch.", _VERSION, _FAST_SECONDS)
        self.whole = HistogramFamily(
            "argosy_model_request_seconds",
            "From a request's arrival until it was answered.",
            _VERSION,
            _WAITING_SECONDS,
        )
        self.log = HistogramFamily("argosy_prediction_log_seconds", "Until the kernel had a request's records.", ())


class VersionTally:
    """What one version was asked. Of the requests of one batch each counts with the mean of their times."""

    def __init__(self, families: _Families, model: str, version: int) -> None:
        self._lock, self._families, self._names = threading.Lock(), families, (model, str(version))
        self._batches, self._queue = families.batches.of(*self._names), families.queue.of(*self._names)
        self._inference, self._whole = families.inference.of(*self._names), families.whole.of(*self._names)
        self._requests: dict[tuple[str, RequestResult], CountTally] = {}
        self._rows: dict[str, CountTally] = {}

    def scored(self, requests: int, rows: int, queue_seconds: float, seconds: float) -> None:
        """One batch, whose requests waited so long, all together. On any thread."""
        with self._lock:
            self._queue.observe_mean(queue_seconds, requests)
            self._batches.observe(rows)
            self._inference.observe(seconds)

    def answered(self, protocol: str, requests: int, rows: int, seconds: float) -> None:
        """Requests of one batch, so long after they arrived, all together. On the event loop's thread."""
        self.ended(protocol, "answered", requests)
        self._whole.observe_mean(seconds, requests)
        if (tally := self._rows.get(protocol)) is None:
            tally = self._rows[protocol] = self._families.rows.of(*self._names, protocol)
        tally.value += rows

    def ended(self, protocol: str, result: RequestResult, requests: int) -> None:
        """Requests have what they get. On the event loop's thread."""
        if (tally := self._requests.get((protocol, result))) is None:
            tally = self._requests[protocol, result] = self._families.requests.of(*self._names, protocol, result)
        tally.value += requests


class ServingMetrics:
    """Cheap enough for every request: what counts is looked up once for each version, and kept."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = r = registry or CollectorRegistry()
        families = _Families()
        for family in vars(families).values():
            r.register(family)
        self.version = cache(lambda model, version: VersionTally(families, model, version))
        self.log_seconds = families.log.of()
        shadows = Counter(
            "argosy_shadow_answers",
            "Rows that a shadow answered as the caller was answered, otherwise, not at all (failed), or was not asked.",
            (*_VERSION, "result"),
            registry=r,
        )
        self.shadow_answers = cache(lambda model, version, result: shadows.labels(model, str(version), result))
        self._damaged = Gauge("argosy_spool_damaged_files", "Kept aside: no drain can read them.", registry=r)
        self._spool_bytes = Gauge("argosy_spool_bytes", "In this server's spool folder.", registry=r)
        self._state = Gauge("argosy_servable_state", "1 for a version's state.", (*_VERSION, "state"), registry=r)
        self._load_seconds = Gauge(
            "argosy_servable_load_seconds", "How long the version took to load.", _VERSION, registry=r
        )
        self._form = Gauge(
            "argosy_servable_form", "1 for the form that a version answers in.", (*_VERSION, "form"), registry=r
        )
        self._forms: dict[tuple[str, str], str] = {}
        self._forms_refused = Counter(
            "argosy_served_forms_refused",
            "Forms that answered otherwise than the training form when a version was loaded.",
            ("form",),
            registry=r,
        )
        self._load_failures = Counter("argosy_servable_load_failures", "Loads that failed.", _VERSION, registry=r)

    def count_damaged_by(self, count: Callable[[], float]) -> None:
        """How many files of the spool no drain can read: asked for whenever the metrics are."""
        self._damaged.set_function(count)

    def measure_spool_by(self, measure: Callable[[], float]) -> None:
        """How many bytes the spool has: grows where its drainer does not get on, also without a database."""
        self._spool_bytes.set_function(measure)

    def form_refused(self, form: str) -> None:
        self._forms_refused.labels(form).inc()

    def watch(self, servable: Servable) -> None:
        """The manager's watcher: which versions are in which state."""
        model, version = servable.model, str(servable.version)
        for state in ServableState:
            if state is servable.state and state is not ServableState.GONE:
                self._state.labels(model, version, state).set(1)
            elif (model, version, state) in self._state._metrics:
                self._state.remove(model, version, state)
        if (known := self._forms.pop((model, version), None)) is not None:
            self._form.remove(model, version, known)
        if servable.predictor is not None:
            self._forms[model, version] = servable.predictor.form
            self._form.labels(model, version, servable.predictor.form).set(1)
        if servable.state is ServableState.AVAILABLE:
            self._load_seconds.labels(model, version).set(servable.load_seconds)
        elif servable.state is ServableState.FAILED:
            self._load_failures.labels(model, version).inc()
