"""Trends: what windows say is what all events would, whatever order they come in."""

import json
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.definitions.trends import parse_trend
from argosy.features.trend_moments import milliseconds_of
from argosy.features.trending import TrendWindows
from argosy.streaming.log import Record

NOW = 1e9
LATENESS = 20
prices = st.none() | st.integers(-5, 5) | st.floats(-1e6, 1e6) | st.sampled_from([0.1, 0.2, 0.3, 1e-9, 4e-10])
events = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.floats(1, 400) | st.integers(1, 40).map(lambda number: number * 10),
        st.sampled_from(["ana", "bo", "Ünal", "😀", 7]),
        prices,
        st.sampled_from(["view", "view", "view", "order", None]),
    ),
    max_size=60,
)


def trend(**changes):
    aggregate = {
        "views": "count",
        "spent": "sum(price)",
        "mean": "mean(price)",
        "low": "min(price)",
        "high": "max(price)",
    }
    values = {
        "stream": "clicks",
        "key": "user",
        "where": "kind = 'view'",
        "aggregate": aggregate,
        "window": "60s",
        "every": "10s",
        "lateness": f"{LATENESS}s",
        "top": 2,
        **changes,
    }
    return parse_trend(values, "users")


def record(partition, event, appended_at=None):
    line = event if isinstance(event, bytes) else json.dumps(event).encode()
    return Record(partition, 0, 1, line, appended_at)


def rows_of(one, some, in_turn=True):
    """As a reader of three partitions that closes windows when it can, or all at the end."""
    windows, found = TrendWindows(one, range(3)), []
    for partition, at, user, price, kind in some:
        windows.count(record(partition, {"at": at, "user": user, "price": price, "kind": kind}), NOW)
        if in_turn:
            found += [row for rows in windows.due() for row in rows]
    return found + [row for rows in windows.rest() for row in rows], windows.counts


def counted_of(some):
    """The events that are not late, one partition after the other, and how many views are late."""
    newest, kept, late = {}, [], 0
    for partition, at, user, price, kind in some:
        milliseconds = int(Fraction(at) * 1000) if isinstance(at, int) else int(at * 1000)
        newest[partition] = max(newest.get(partition, 0), milliseconds)
        if kind == "view":
            if milliseconds < newest[partition] - LATENESS * 1000:
                late += 1
            else:
                kept.append((milliseconds, str(user), price))
    return kept, late


def nanos(value):
    """Rounded to nine digits behind the point, halves away from zero."""
    exact = Fraction(repr(value)) * 10**9
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def naive(some, window, every, top, by="views"):
    """From the events of each window themselves."""
    kept, _ = counted_of(some)
    ends = sorted({end for at, _, _ in kept for end in range(at // every * every + every, at + window + 1, every)})
    found = []
    for end in ends:
        inside = [one for one in kept if end - window <= one[0] < end]
        ranked = []
        for user in {user for _, user, _ in inside}:
            paid = [price for _, one, price in inside if one == user and price is not None]
            total = float(Fraction(sum(map(nanos, paid)), 10**9))
            row = {
                "user": user,
                "views": sum(one == user for _, one, _ in inside),
                "spent": total,
                "mean": total / len(paid) if paid else None,
                "low": min(paid, default=None),
                "high": max(paid, default=None),
            }
            if row[by] is not None:
                ranked.append(row)
        ranked.sort(key=lambda row: (-row[by], row["user"]))
        at = datetime.fromtimestamp(end / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found += [{"at": at, "trend": "users", "rank": rank, **row} for rank, row in enumerate(ranked[:top], 1)]
    return found


@given(events)
@example([(0, 9.9999, "ana", 1, "view"), (0, 10, "ana", 2, "view"), (0, 60, "bo", None, "view")])
def test_sliding_windows_say_what_all_events_say(some):
    rows, counts = rows_of(trend(), some)
    assert rows == naive(some, 60_000, 10_000, 2)
    kept, late = counted_of(some)
    views = sum(kind == "view" for *_, kind in some)
    assert (counts.counted, counts.late, counts.passed) == (len(kept), late, len(some) - views)
    assert counts.events == len(some)


@given(events)
def test_tumbling_windows_say_what_all_events_say(some):
    rows, _ = rows_of(trend(every="60s", top=1000), some)
    assert rows == naive(some, 60_000, 60_000, 1000)


@given(events, st.sampled_from(["spent", "mean", "low", "high"]))
def test_keys_are_ranked_by_any_aggregate_and_not_where_it_has_no_value(some, by):
    rows, _ = rows_of(trend(by=by), some)
    assert rows == naive(some, 60_000, 10_000, 2, by)


@given(events, st.randoms(use_true_random=False))
def test_the_order_of_what_is_not_late_changes_no_digit(some, draw):
    one = trend(lateness="1d")
    rows, counts = rows_of(one, some)
    shuffled = some.copy()
    draw.shuffle(shuffled)
    assert counts.late == 0
    assert rows_of(one, shuffled)[0] == rows


@given(events)
def test_partitions_may_be_read_one_after_the_other(some):
    one_by_one = sorted(some, key=lambda event: event[0])
    assert rows_of(trend(), one_by_one)[0] == rows_of(trend(), some)[0] == rows_of(trend(), some, in_turn=False)[0]


def test_a_window_is_over_when_every_partition_has_passed_it():
    windows = TrendWindows(trend(where=None), range(2))
    windows.count(record(0, {"at": 5, "user": "ana"}), NOW)
    windows.count(record(0, {"at": 500, "user": "ana"}), NOW)
    assert list(windows.due()) == []
    windows.count(record(1, {"at": 29.999, "user": "bo"}), NOW)
    assert list(windows.due()) == []
    windows.count(record(1, {"at": 30, "user": "bo"}), NOW)
    [rows] = windows.due()
    assert [(row["at"], row["user"], row["views"]) for row in rows] == [("1970-01-01T00:00:10Z", "ana", 1)]
    assert list(windows.due()) == []


def test_what_a_trend_does_not_look_at_moves_its_windows_on():
    windows = TrendWindows(trend(), [0])
    windows.count(record(0, {"at": 5, "user": "ana", "kind": "view"}), NOW)
    windows.count(record(0, {"at": 500, "kind": "order"}), NOW)
    assert len(list(windows.due())) == 6


def test_an_idle_partition_holds_up_nothing_and_its_events_are_late_then():
    windows = TrendWindows(trend(where=None), range(2))
    windows.count(record(0, {"at": 5, "user": "ana"}), NOW)
    windows.count(record(0, {"at": 100, "user": "ana"}), NOW)
    assert len(list(windows.due(idle=[1]))) == 6
    windows.count(record(1, {"at": 5, "user": "bo"}), NOW)
    windows.count(record(1, {"at": 25, "user": "bo"}), NOW)
    assert (windows.counts.late, windows.counts.counted) == (1, 3)
    assert [rows[0]["at"][-3:] for rows in windows.due(idle=[0, 1])] == ["10Z", "20Z"]


def test_what_cannot_be_counted_has_a_reason():
    windows = TrendWindows(trend(), [0])
    some = [
        b"no JSON",
        {"at": 5, "user": 1.5, "kind": "view"},
        {"at": "yesterday", "user": "ana", "kind": "view"},
        {"user": "ana", "kind": "view"},
        {"at": 5, "user": "ana", "kind": "view", "price": "dear"},
        {"at": 5, "user": "ana", "kind": "view", "price": 1e18},
        {"at": NOW + LATENESS + 1, "user": "ana", "kind": "view"},
    ]
    for one in some:
        windows.count(record(0, one), NOW)
    windows.count(record(0, {"at": NOW - 100, "user": "ana", "kind": "view"}, NOW - 200), NOW)
    assert windows.counts.poison == {
        "no JSON object": 1,
        "no key": 1,
        "no time": 2,
        "no number for spent": 1,
        "too large a number for spent": 1,
    }
    assert (windows.counts.ahead, windows.counts.counted) == (2, 0)
    assert list(windows.rest()) == []


def test_a_clock_that_is_wrong_makes_nobody_else_late():
    windows = TrendWindows(trend(where=None), [0])
    windows.count(record(0, {"at": NOW * 2, "user": "ana"}), NOW)
    windows.count(record(0, {"at": NOW, "user": "ana"}), NOW)
    assert (windows.counts.ahead, windows.counts.counted, windows.counts.late) == (1, 1, 0)


def test_years_without_events_take_no_time():
    windows = TrendWindows(trend(where=None, window="60s", every="1s"), [0])
    windows.count(record(0, {"at": 1, "user": "ana"}), NOW)
    windows.count(record(0, {"at": NOW, "user": "ana"}), NOW)
    assert len([*windows.due(), *windows.rest()]) == 120


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        (1.5, 1500),
        (1, 1000),
        (1777629605.123, 1777629605123),
        ("1970-01-02", 86_400_000),
        ("1970-01-02T00:01", 86_460_000),
        ("1970-01-02 00:00:01Z", 86_401_000),
        ("1970-01-02T00:00:01.5Z", 86_401_500),
        ("1970-01-02T00:00:01.123456789", 86_401_123),
        ("1970-01-02T02:00:00+02:00", 86_400_000),
        ("1970-01-01T22:30:00-0130", 86_400_000),
        *[(one, None) for one in (None, True, 0, -1, 3e11, 10**400, "", "now", "1970-02-30", "1970-01-02T24:00", [])],
        *[
            (one, None)
            for one in ("1970-01-02T1", "1970-1-2", " 1970-01-02", "1970-01-02\n", "1970-W01-5", "1960-01-01")
        ],
        ("1970-01-01T00:00+23:59", None),
    ],
)
def test_a_moment_has_these_forms(written, milliseconds):
    assert milliseconds_of(written) == milliseconds
