"""Requests counted by route and status, for Prometheus. A registry of its own for each server, to which the packages
that offer routes add what they count."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

SECONDS_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RequestMetrics:
    """Cheap enough for every request: children are looked up once and kept."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        requests = Counter("argosy_requests", "Answered requests.", ["route", "status"], registry=registry)
        seconds = Histogram(
            "argosy_request_seconds",
            "From first byte to answer.",
            ["route"],
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.requests = cache(lambda route, status: requests.labels(route, status))
        self.request_seconds = cache(lambda route: seconds.labels(route))

    def text(self) -> bytes:
        """All that the registry has, in Prometheus's text format."""
        return generate_latest(self.registry)
