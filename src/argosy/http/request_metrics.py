"""What is kept of every request: counts by route and status, for Prometheus, and a line of the access log.

A registry of its own for each server, to which the packages that offer routes add what they count.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

from prometheus_client import CollectorRegistry

from argosy.http.access_log import AccessLog
from argosy.http.tallies import CountFamily, CountTally, HistogramFamily, HistogramTally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RouteTally:
    """What was answered on one route. Belongs to the event loop's thread."""

    __slots__ = ("_requests", "_route", "_seconds", "_statuses")

    def __init__(self, route: str, requests: CountFamily, seconds: HistogramTally) -> None:
        self._route, self._requests, self._seconds = route, requests, seconds
        self._statuses: dict[int | str, CountTally] = {}

    def answered(self, status: int | str, seconds: float) -> None:
        """One request, so long after its first byte; a status is HTTP's, or the name of gRPC's."""
        tally = self._seconds  # not by its method: a call costs as much as the rest
        tally.counts[bisect_left(tally.bounds, seconds)] += 1
        tally.total += seconds
        try:
            self._statuses[status].value += 1
        except KeyError:
            self._statuses[status] = count = self._requests.of(self._route, str(status))
            count.value += 1


class RequestMetrics:
    """Cheap enough for every request: `route` is looked up once and kept."""

    def __init__(self, access_log: AccessLog | None = None) -> None:
        self.access_log = access_log
        """Where a line is written for each request; None: nowhere."""
        self.registry = CollectorRegistry()
        requests = CountFamily("argosy_requests", "Answered requests.", ("route", "status"))
        seconds = HistogramFamily("argosy_request_seconds", "From first byte to answer.", ("route",))
        for family in (requests, seconds):
            self.registry.register(family)
        self.route = cache(lambda name: RouteTally(name, requests, seconds.of(name)))
