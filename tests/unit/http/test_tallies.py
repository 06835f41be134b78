"""Tallies are shown as the client library's own metrics are, whatever was counted."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram

from argosy.http.tallies import CountFamily, HistogramFamily

BOUNDS = (0.0005, 0.001, 1, 2.5, 10)
VALUES = st.one_of(st.sampled_from([0.0, *BOUNDS]), st.floats(0, 20), st.just(math.inf))


def shown(registry):
    return {
        (family.name, family.documentation, family.type, sample.name, *sorted(sample.labels.items())): sample.value
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@given(st.lists(st.tuples(st.sampled_from("ab"), VALUES)))
def test_a_histogram_is_the_librarys(values):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    family = HistogramFamily("some_seconds", "Of something.", ("route",), BOUNDS)
    ours.register(family)
    other = Histogram("some_seconds", "Of something.", ("route",), buckets=BOUNDS, registry=theirs)
    for route, value in values:
        family.of(route).observe(value)
        other.labels(route).observe(value)
    assert shown(ours) == shown(theirs)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 100))))
def test_a_count_is_the_librarys(values):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    family = CountFamily("things", "So many.", ("kind",))
    ours.register(family)
    other = Counter("things", "So many.", ("kind",), registry=theirs)
    for kind, number in values:
        family.of(kind).add(number)
        other.labels(kind).inc(number)
    assert shown(ours) == shown(theirs)


def test_values_of_a_batch_count_with_their_mean():
    tally = HistogramFamily("some_seconds", "Of something.", (), BOUNDS).of()
    tally.observe_mean(6.0, 4)
    assert (tally.counts, tally.total) == ([0, 0, 0, 4, 0, 0], 6.0)
