"""Windows of events: what is kept by pane says what all events would."""

from math import fsum

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.definitions.service_features import parse_features
from argosy.features.windows import KeptPanes, Windows, decode_panes, drop_before, encode_panes

NUMBERS = ("count", "sum(price)", "mean(price)", "min(price)", "max(price)", "last(price)")
moments = st.floats(0, 500) | st.integers(0, 50).map(lambda number: number * 10.0)
events = st.lists(st.tuples(moments, st.none() | st.floats(-1e6, 1e6)), max_size=40)


def feature(window="60s", pane="10s", **more):
    aggregate = {text.partition("(")[0] + "_": text for text in NUMBERS}
    given = {"stream": "clicks", "key": "user", "window": window, "pane": pane, "aggregate": aggregate, **more}
    return parse_features({"clicks": given}, {"user": None})[0]


def of_all(some, now, window=60.0, pane=10.0):
    """From the events themselves; a window begins with a pane."""
    begins = now // pane * pane + pane - window
    inside = [(at, price) for at, price in some if begins <= at < now // pane * pane + pane]
    prices = [(at, price) for at, price in inside if price is not None]
    values = [price for _, price in prices]
    return {
        "count_": len(inside),
        "sum_": fsum(values),
        "mean_": fsum(values) / len(values) if values else None,
        "min_": min(values, default=None),
        "max_": max(values, default=None),
        "last_": max(prices)[1] if prices else None,
    }


def counted(windows, some):
    panes = {}
    for at, price in some:
        windows.add(panes, at, (None, *[price] * 5))
    return panes


def same(found, wanted):
    return found == {name: value if value is None else pytest.approx(value, abs=1e-6) for name, value in wanted.items()}


@given(events, st.floats(0, 600))
@example([(0.0, 1.0), (10.0, 2.0), (60.0, 3.0)], 60.0)
@example([(59.99, 1.0), (60.0, 2.0)], 119.99)
def test_a_window_says_what_all_events_say(some, now):
    windows = Windows(feature())
    assert same(windows.value_at(counted(windows, some), now), of_all(some, now))


@given(events, st.floats(0, 600))
def test_a_tumbling_window_has_one_pane(some, now):
    windows = Windows(feature(pane="60s"))
    assert same(windows.value_at(counted(windows, some), now), of_all(some, now, pane=60.0))


@given(events, events, st.floats(0, 600))
def test_what_was_counted_apart_can_be_put_together(some, others, now):
    windows = Windows(feature())
    panes = counted(windows, some)
    windows.merge(panes, counted(windows, others))
    assert same(windows.value_at(panes, now), of_all(some + others, now))


@given(events, st.floats(500, 1000))
def test_what_is_kept_comes_back_and_no_window_misses_what_was_dropped(some, now):
    windows = Windows(feature(lateness="5s"))
    panes = counted(windows, some)
    drop_before(panes, windows.oldest_pane(now))
    found = decode_panes(3, encode_panes(3, panes))
    assert found == panes
    assert same(windows.value_at(found, now), of_all(some, now))
    assert same(windows.value_at(found, now - 5.0), of_all(some, now - 5.0))
    assert decode_panes(4, encode_panes(3, panes)) == {}
    assert decode_panes(3, None) == {}


def test_a_million_events_of_a_pane_are_as_large_as_one():
    windows, panes = Windows(feature()), {}
    windows.add(panes, 3.0, (None, *[1.0] * 5))
    small = len(encode_panes(0, panes))
    for number in range(100_000):
        windows.add(panes, 3.0 + number % 5, (None, *[float(number)] * 5))
    assert len(encode_panes(0, panes)) < small + 20
    assert msgspec.msgpack.decode(encode_panes(0, panes), type=KeptPanes).panes == panes


def test_what_is_too_large_to_add_has_no_value():
    windows, panes = Windows(feature()), {}
    for _ in range(3):
        windows.add(panes, 3.0, (None, *[1e308] * 5))
    found = windows.value_at(decode_panes(0, encode_panes(0, panes)), 4.0)
    assert (found["count_"], found["sum_"], found["mean_"], found["max_"]) == (3, None, None, 1e308)
