"""The metrics of several processes are those of one that had done it all."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from argosy.http.collected_metrics import added_families, counts_alone, families_of, metrics_text
from argosy.http.tallies import CountFamily, HistogramFamily

EVENTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40).map(lambda n: n / 8)))


class Process:
    def __init__(self, events=()):
        self.registry = CollectorRegistry()
        counts, times = CountFamily("things", "So many.", ("kind",)), HistogramFamily("some_seconds", "Of.", ("kind",))
        for family in (counts, times):
            self.registry.register(family)
        for kind, value in events:
            counts.of(kind).add()
            times.of(kind).observe(value)
        Gauge("files", "There.", registry=self.registry).set(len(events))


def samples(text):
    families = text_string_to_metric_families(text.decode())
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


def families(*processes):
    return [families_of(one.registry) for one in processes]


@given(st.lists(EVENTS, min_size=1, max_size=4))
def test_counts_and_histograms_are_those_of_one_process(events):
    found = samples(metrics_text(added_families(families(*map(Process, events)))))
    expected = samples(generate_latest(Process([one for each in events for one in each]).registry))
    assert found.pop(("files",)) == max(map(len, events))
    del expected[("files",)]
    assert found.keys() == expected.keys()
    assert all(math.isclose(found[name], value) for name, value in expected.items())


@given(EVENTS, EVENTS, EVENTS)
def test_what_was_added_before_can_be_added_to(first, second, third):
    one, two, three = families(*map(Process, (first, second, third)))
    assert added_families([added_families([one, two]), three]) == added_families([one, two, three])


def test_of_one_process_it_is_the_same_text():
    process = Process([("a", 0.5), ("b", 2.0)])
    assert metrics_text(families_of(process.registry)) == generate_latest(process.registry)


def test_of_one_that_has_ended_counts_remain():
    process = Process([("a", 0.5)])
    assert {one[0] for one in counts_alone(families_of(process.registry))} == {"things", "some_seconds"}


def test_a_count_began_when_the_first_did():
    registries = [CollectorRegistry(), CollectorRegistry()]
    for number, registry in enumerate(registries):
        Counter("other", "Things.", registry=registry)._created = 10.0 + number
    found = samples(metrics_text(added_families([families_of(one) for one in registries])))
    assert found["other_created",] == 10.0
