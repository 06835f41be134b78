"""Events judged one by one: those that count, and why others do not."""

import json

import pytest

from argosy.definitions.service_features import parse_features
from argosy.features.counting import EventCounter, PartitionProgress
from argosy.streaming.log import Record

NOW = 1_790_000_000.0


def feature(**more):
    given = {
        "stream": "clicks",
        "key": "user",
        "where": "kind = 'view'",
        "aggregate": {"views": "count", "spent": "sum(price * amount)"},
        "window": "30m",
        "lateness": "60s",
    }
    return parse_features({"clicks": given | more}, {"user": None})[0]


def event(**more):
    given = {"kind": "view", "user": "ana", "at": NOW, "price": 2, "amount": 3, "page": [1]} | more
    return json.dumps({name: value for name, value in given.items() if value != "missing"}).encode()


def judged(*events, appended_at=None, progress=None, **more):
    progress = progress or PartitionProgress()
    counter = EventCounter(feature(**more))
    found = [
        counter.admit(progress, Record(0, number, number + 1, one, appended_at), NOW)
        for number, one in enumerate(events)
    ]
    return found, progress


def test_what_counts_is_moment_key_and_values():
    [one, other, third], progress = judged(
        event(), event(at="2026-09-21T14:13:20Z", user=7, price=None), event(at="2026-09-21 14:13:21.500", user=" ana ")
    )
    assert one == (NOW, "ana", (None, 6.0))
    assert other == (NOW, "7", (None, None))
    assert third.key == "ana"
    assert third.at - other.at == 1.5
    assert (progress.counted, progress.position, progress.events) == (3, 3, 3)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"", "no JSON object"),
        (b'{"user": "ana"', "no JSON object"),
        (b"[1, 2]", "no JSON object"),
        (b"\xff\xfe", "no JSON object"),
        (b'{"user": "\\ud800"}', "no JSON object"),
        (b'{"kind": "view", "price": 1e999}', "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (event(kind=3), "where cannot be evaluated"),
        (event(at="missing"), "no time"),
        (event(at="yesterday"), "no time"),
        (event(at=True), "no time"),
        (event(at=NOW * 1000), "no time"),
        (event(at={"s": 1}), "no time"),
        (event(user="missing"), "no key"),
        (event(user=""), "no key"),
        (event(user=1.5), "no key"),
        (event(user=True), "no key"),
        (event(user="a\0"), "no key"),
        (event(user="a" * 1001), "no key"),
        (event(user=["ana"]), "no key"),
        (event(price="2"), "no number for spent"),
        (event(price=1e300, amount=1e300), "no number for spent"),
        (event(price=10**400), "no number for spent"),
        (event(price=[2]), "no number for spent"),
    ],
)
def test_poison_is_counted_with_its_reason_and_the_next_event_counts(given, reason):
    where = "kind < 'w'" if reason.startswith("where") else "kind = 'view'"
    [none, one], progress = judged(given, event(), where=where)
    assert none is None
    assert one.key == "ana"
    assert progress.poison == {reason: 1}
    assert (progress.counted, progress.position, progress.newest) == (1, 2, NOW)


def test_what_where_excludes_may_be_anything():
    excluded = [event(kind="order", at="missing", user=None, price="x"), event(kind=None), event(kind="missing")]
    found, progress = judged(*excluded)
    assert found == [None] * 3
    assert (progress.passed, progress.newest, progress.poison) == (3, None, {})


def test_what_is_older_than_the_watermark_is_late():
    found, progress = judged(*[event(at=NOW + more) for more in (-600, 0, -60, -60.001, -30, 10, -55)])
    assert [one is not None for one in found] == [True, True, True, False, True, True, False]
    assert (progress.late, progress.counted, progress.newest) == (2, 5, NOW + 10)


def test_what_is_ahead_of_the_clock_is_set_aside_and_makes_nothing_late():
    found, progress = judged(event(at=NOW + 61), event(at=NOW + 60), event())
    assert [one is not None for one in found] == [False, True, True]
    assert (progress.ahead, progress.late, progress.newest) == (1, 0, NOW + 60)


def test_the_clock_is_the_logs_where_it_has_one():
    found, _ = judged(event(at=NOW - 100), event(at=NOW - 39), appended_at=NOW - 100)
    assert [one is not None for one in found] == [True, False]
    found, _ = judged(event(at=NOW + 61), appended_at=NOW + 5000)
    assert found == [None]


def test_progress_that_is_copied_is_another():
    _, progress = judged(b"")
    copied = progress.copied()
    judged(b"", progress=copied)
    assert (progress.poison, copied.poison) == ({"no JSON object": 1}, {"no JSON object": 2})
