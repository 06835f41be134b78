"""Traces for OpenTelemetry: a span for a request, with its parts `queue`, `score` and `record`, which its batch shares.

Spans are made of times that were noted on the way, once the callers have their answers, by a thread, which also sends
them. They name models, versions, protocols and prediction ids, and never hold a text, a subject or a token.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import random
from time import perf_counter, time_ns
from typing import Any, Final, NamedTuple

from argosy.errors import ExtraMissing
from argosy.serving.recording import Recorded
from argosy.serving.request_queue import WaitingRequest
from argosy.serving.servable import Servable
from argosy.serving.version_statistics import is_fault
from argosy.telemetry import adopt, logger

VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""OpenTelemetry's own, which say where to where no setting does."""
PARTS: Final = ("queue", "score", "record")
MOST_WAITING: Final = 2048
SEND_SECONDS: Final = 5.0
STOP_SECONDS: Final = 3.0
_log = logger("argosy.serving")


def tracing_to(url: str | None, environ: Mapping[str, str] = os.environ) -> Tracing | None:
    """None where neither the URL nor a variable is given. Raises ExtraMissing where there is a URL and OpenTelemetry is
    not installed; a variable, which may be for other programs, only asks for it."""
    if url:
        return Tracing(url)
    if not any(environ.get(name) for name in VARIABLES):
        return None
    try:
        return Tracing(None)
    except ExtraMissing as problem:
        _log.warning("requests are not traced: %s", problem)
        return None


class Tracing:
    """`add` belongs to the event loop's thread. Sends to a collector at that URL, over OTLP/HTTP; None: to that of the
    variables."""

    def __init__(self, url: str | None) -> None:
        try:
            from opentelemetry import trace
            from opentelemetry.context import Context
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        except ModuleNotFoundError:
            raise ExtraMissing("opentelemetry-exporter-otlp-proto-http", "otel", "sending traces") from None
        endpoint = f"{url.rstrip('/')}/v1/traces" if url else None
        name = os.environ.get("OTEL_SERVICE_NAME") or "argosy"
        self._provider = TracerProvider(
            sampler=ParentBased(ALWAYS_ON),  # a caller's choice holds; what has no caller's was drawn before
            resource=Resource.create({"service.name": name, "process.pid": os.getpid()}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=SEND_SECONDS)))
        self._api, self._tracer, self._none = trace, self._provider.get_tracer("argosy.serving"), Context()
        self._read = TraceContextTextMapPropagator().extract
        self._ended: deque[_Ended] = deque()
        self._wake, self._is_stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="argosy-tracing", daemon=True)
        self._thread.start()
        adopt("opentelemetry")

    def add(
        self,
        servable: Servable,
        batch: Sequence[WaitingRequest],
        outcomes: Sequence[Recorded | Exception],
        recorded: float,
        share: float,
    ) -> None:
        """A batch was answered, its records kept at the time `recorded` of `perf_counter`. Traces the requests whose
        callers do, and that share of the others; beyond MOST_WAITING they are dropped."""
        ended = perf_counter()
        for waiting, outcome in zip(batch, outcomes, strict=True):
            traceparent = waiting.request.traceparent
            is_drawn = random() < share  # noqa: S311 - no secret
            if (is_drawn or traceparent) and len(self._ended) < MOST_WAITING:
                times = (waiting.since, *(waiting.times or ()), recorded, ended)
                self._ended.append(_Ended(traceparent, is_drawn, _attributes(servable, waiting, outcome), times))
                self._wake.set()

    def stop(self) -> None:
        """Send what is left, as far as the collector takes it soon."""
        self._is_stopping = True
        self._wake.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        """The thread that makes spans: one takes several times as long as a fast answer."""
        while self._ended or not self._is_stopping:
            self._wake.wait()
            self._wake.clear()
            while self._ended:
                self._trace(self._ended.popleft())
        self._provider.shutdown()

    def _trace(self, one: _Ended) -> None:
        parent = self._read({"traceparent": one.traceparent}) if one.traceparent else self._none
        if not (one.is_drawn or self._api.get_current_span(parent).get_span_context().is_valid):
            return
        epoch = time_ns() - round(perf_counter() * 1e9)
        moments = [epoch + round(seconds * 1e9) for seconds in one.times]
        name = f"infer {one.attributes['argosy.model']}"
        span = self._tracer.start_span(name, parent, self._api.SpanKind.SERVER, one.attributes, start_time=moments[0])
        if one.attributes.get("argosy.is_fault"):
            span.set_status(self._api.StatusCode.ERROR)
        if len(moments) == 1 + len(PARTS) + 1:
            inside = self._api.set_span_in_context(span, self._none)
            for part, (start, end) in zip(PARTS, pairwise(moments[:-1]), strict=True):
                self._tracer.start_span(part, inside, start_time=start).end(end)
        span.end(moments[-1])


class _Ended(NamedTuple):
    """A request that was answered. `times` by `perf_counter`: it came, its parts ended, its answer was given."""

    traceparent: str
    is_drawn: bool
    attributes: dict[str, Any]
    times: tuple[float, ...]


def _attributes(servable: Servable, waiting: WaitingRequest, outcome: Recorded | Exception) -> dict[str, Any]:
    found: dict[str, Any] = {
        "argosy.model": servable.model,
        "argosy.version": servable.version,
        "argosy.protocol": waiting.request.protocol,
        "argosy.rows": waiting.rows,
    }
    if isinstance(outcome, Exception):
        return {**found, "error.type": type(outcome).__name__, "argosy.is_fault": is_fault(outcome)}
    return {**found, "argosy.prediction_id": outcome.response.prediction_ids[0]}
