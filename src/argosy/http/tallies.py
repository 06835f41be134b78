"""Counts and histograms for Prometheus that cost a request a fraction of a microsecond: plain numbers and no locks.

A tally belongs to one thread, the event loop's, unless who adds to it holds a lock; a scrape on any thread reads it.
Callers keep the tally of their label values, and so look nothing up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Final, Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

T = TypeVar("T", "CountTally", "HistogramTally")
SECONDS_BOUNDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Of what takes a request's time."""


class CountTally:
    """How often something happened, or how many there were."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, number: int = 1) -> None:
        self.value += number


class HistogramTally:
    """How many values were within each bound, the last of which is infinity, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts, self.total = [0] * (len(bounds) + 1), 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def observe_mean(self, total: float, number: int) -> None:
        """So many values with this sum: the count and the sum are exact, and all are put where their mean belongs."""
        self.counts[bisect_left(self.bounds, total / number)] += number
        self.total += total


class TallyFamily(Collector, Generic[T]):
    """The tallies of one metric, one for each tuple of label values."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], make: Callable[[], T]) -> None:
        self.name, self.meaning, self.labels = name, meaning, labels
        self._make: Callable[[], T] = make
        self._tallies: dict[tuple[str, ...], T] = {}

    def of(self, *values: str) -> T:
        """The tally of these label values, from any thread. Values must be few: no caller may choose them."""
        found = self._tallies.get(values)
        return self._tallies.setdefault(values, self._make()) if found is None else found

    def items(self) -> list[tuple[tuple[str, ...], T]]:
        return list(self._tallies.items())


class CountFamily(TallyFamily[CountTally]):
    """`name` is without the suffix `_total`."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str]) -> None:
        super().__init__(name, meaning, labels, CountTally)

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(self.name, self.meaning, labels=self.labels)
        for values, tally in self.items():
            family.add_metric(values, tally.value)
        yield family


class HistogramFamily(TallyFamily[HistogramTally]):
    def __init__(
        self, name: str, meaning: str, labels: Sequence[str], bounds: Sequence[float] = SECONDS_BOUNDS
    ) -> None:
        super().__init__(name, meaning, labels, lambda: HistogramTally(bounds))
        self._names = [*(str(float(bound)) for bound in bounds), "+Inf"]

    def collect(self) -> Iterable[Metric]:
        family = HistogramMetricFamily(self.name, self.meaning, labels=self.labels)
        for values, tally in self.items():
            family.add_metric(values, list(zip(self._names, accumulate(tally.counts), strict=True)), tally.total)
        yield family
