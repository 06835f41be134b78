"""The metrics of one process as values that another may have, those of several added, and their text for Prometheus.

Counts and histograms are added. Of gauges, which all processes read of the same things, the largest is shown, and of
the times at which counts began the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeAlias

from prometheus_client import generate_latest
from prometheus_client.core import Metric

METRICS: Final = "metrics"
"""The question that every process answers with its families."""
CREATED: Final = "_created"
Sample: TypeAlias = tuple[str, dict[str, str], float]
Family: TypeAlias = tuple[str, str, str, list[Sample]]
"""Its name, what it means, its type, and its samples: the name, the labels and the value of each."""


class Collecting(Protocol):
    """A registry."""

    def collect(self) -> Iterable[Metric]: ...


def families_of(registry: Collecting) -> list[Family]:
    """What a registry has."""
    return [
        (one.name, one.documentation, one.type, [(each.name, each.labels, each.value) for each in one.samples])
        for one in registry.collect()
    ]


def added_families(each: Sequence[Sequence[Family]]) -> list[Family]:
    """One of each name, in the order in which they first come; in any order of the processes the same numbers."""
    found: dict[str, tuple[str, str, dict[Any, Sample]]] = {}
    for name, meaning, kind, samples in (family for families in each for family in families):
        added = found.setdefault(name, (meaning, kind, {}))[2]
        for sample, labels, value in samples:
            key = (sample, *sorted(labels.items()))
            before = added.get(key)
            added[key] = (sample, labels, value if before is None else _joined(kind, sample, before[2], value))
    return [(name, meaning, kind, list(added.values())) for name, (meaning, kind, added) in found.items()]


def counts_alone(families: Iterable[Family]) -> list[Family]:
    """Without gauges, which say nothing of a process that has ended."""
    return [one for one in families if one[2] != "gauge"]


def metrics_text(families: Sequence[Family]) -> bytes:
    """In Prometheus's text format."""
    return generate_latest(_Collected(families))


class _Collected:
    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for name, meaning, kind, samples in self._families:
            family = Metric(name, meaning, kind)
            for sample, labels, value in samples:
                family.add_sample(sample, labels, value)
            yield family


def _joined(kind: str, sample: str, one: float, other: float) -> float:
    if sample.endswith(CREATED):
        return min(one, other)
    return max(one, other) if kind == "gauge" else one + other
