"""Columns as of past moments: what all events up to then say, and what a look-up gave then."""

import json
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.caching.caches.memory import MemoryCache
from argosy.definitions.service_features import parse_features
from argosy.features.batch_counting import BatchCounter
from argosy.features.point_in_time import AskedMoments, columns_as_of
from argosy.features.stream_values import keys_of
from argosy.features.windows import Windows, decode_panes
from argosy.streaming.log import Record
from argosy.streaming.logs.folder import FolderLog

START = 1_790_000_000.0
events = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 300), st.integers(0, 100), st.integers(0, 1)), max_size=40
)
moments = st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 400)), min_size=1, max_size=10)


def feature(lateness="60s"):
    aggregate = {"views": "count", "spent": "sum(price)", "newest": "last(price)", "mean": "mean(price)"}
    given = {"stream": "clicks", "key": "user", "window": "2m", "pane": "10s", "aggregate": aggregate}
    return parse_features({"clicks": given | {"lateness": lateness}}, {"user": None})[0]


def records(some):
    offsets = [0, 0]
    for user, second, price, partition in some:
        row = json.dumps({"user": user, "at": START + second, "price": price}).encode()
        yield Record(partition, offsets[partition], offsets[partition] + 1, row, None)
        offsets[partition] += 1


def on_time(some, lateness=60):
    newest = [float("-inf")] * 2
    for user, second, price, partition in some:
        newest[partition] = max(newest[partition], second)
        if second >= newest[partition] - lateness:
            yield user, second, price


def naive(some, user, moment):
    begins = (START + moment) // 10 * 10 + 10 - 120
    own = [(at, price) for key, at, price in on_time(some) if key == user and begins <= START + at and at <= moment]
    prices = [price for _, price in own]
    return {
        "views": len(own),
        "spent": fsum(prices),
        "newest": max(own)[1] if own else None,
        "mean": pytest.approx(fsum(prices) / len(own)) if own else None,
    }


@given(events, moments)
def test_columns_are_those_of_all_events_up_to_the_moment(some, asked):
    found = AskedMoments(feature(), [(user, START + moment) for user, moment in asked], START + 1000)
    for record in records(some):
        found.count(record)
    columns = found.columns()
    for user, moment in asked:
        assert columns[user, START + moment] == naive(some, user, moment)


@given(events)
def test_training_sees_what_a_look_up_saw(some):
    """A runner counts each event at its own moment, and a look-up follows it."""
    cache = MemoryCache()
    counter, windows = BatchCounter(feature(), cache), Windows(feature())
    counter.begin((0, 1), 0)
    ordered = sorted(some, key=lambda one: one[1])
    served = {}
    for record, (user, second, _, _) in zip(records(ordered), ordered, strict=True):
        assert counter.count([record], START + second)
        panes = decode_panes(0, cache.read([keys_of(feature(), user)[0]])[0])
        served[user, START + second] = windows.value_at(panes, START + second)
    found = AskedMoments(feature(), served, START + 1000)
    for record in records(ordered):
        found.count(record)
    assert found.columns() == served


def test_by_arrival_what_came_later_was_not_known():
    late = json.dumps({"user": "a", "at": START, "price": 1}).encode()
    for by_arrival, views in ((False, 1), (True, 0)):
        found = AskedMoments(feature(), [("a", START + 30)], START + 1000, by_arrival)
        found.count(Record(0, 0, 1, late, START + 31))
        assert found.columns()["a", START + 30]["views"] == views


def test_the_history_is_read_from_the_log(tmp_path):
    log = FolderLog(f"file:{tmp_path}")
    log.create("clicks", 3)
    some = [(f"user {number % 5}", START + number) for number in range(100)]
    log.append("clicks", [(user, json.dumps({"user": user, "at": at, "price": 1}).encode()) for user, at in some])
    log.append("clicks", [("", b"no JSON")])
    found = columns_as_of(feature(), log, [("user 3", START + 50), ("nobody", START)], START + 1000)
    assert found["user 3", START + 50]["views"] == 10
    assert found["nobody", START] == {"views": 0, "spent": 0, "newest": None, "mean": None}
