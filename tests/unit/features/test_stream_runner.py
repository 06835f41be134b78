"""Runners of a stream: every event is counted once, whoever counts and whatever fails."""

import json
import random
import threading
from collections import Counter
from functools import partial

import msgspec
import pytest

from argosy.caching.caches.memory import MemoryCache
from argosy.definitions.service_features import parse_features
from argosy.errors import CacheUnavailable, EventLogUnavailable, TopicNotFound
from argosy.features import stream_runner as module
from argosy.features.progress import StreamShares
from argosy.features.stream_runner import StreamRunner
from argosy.features.stream_values import columns_of, decode_progress, decode_shares, keys_of, progress_key, shares_key
from argosy.streaming.logs.folder import FolderLog
from argosy.testing.expecting import raised
from argosy.testing.waiting import until

NOW = 1_790_000_000.0
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "READ_SECONDS", 0.01)
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.0)
    monkeypatch.setattr(module, "PAUSES", (0.01, 0.05))


@pytest.fixture
def log(tmp_path):
    return FolderLog(f"file:{tmp_path}/events")


@pytest.fixture
def cache():
    return MemoryCache()


def feature(**more):
    aggregate = {"views": "count", "spent": "sum(price)"}
    given = {"stream": "clicks", "key": "user", "window": "30m", "aggregate": aggregate, **more}
    return parse_features({"clicks": given}, {"user": None})[0]


def appended(log, *rows, key=None):
    log.append("clicks", [(key or row.get("user", ""), json.dumps({"at": NOW, **row}).encode()) for row in rows])


def runner(log, cache, of=None, **more):
    return StreamRunner(of or feature(), log, cache, clock=lambda: NOW, **more)


def columns(cache, key, of=None, now=NOW):
    of = of or feature()
    return columns_of(of, cache.read(keys_of(of, key)), now)


def read(cache, partition=0, of=None):
    [stored] = cache.read([progress_key(of or feature(), partition)])
    return decode_progress(stored, 0)


def test_events_become_columns_of_their_key(log, cache):
    log.create("clicks", 3)
    assert columns(cache, "ana") == ({}, None)
    appended(log, {"user": "ana", "price": 2}, {"user": "bo", "price": 5}, {"user": "ana", "price": 0.5})
    appended(log, {"user": "ana"}, {"price": 9}, {"user": "ana", "price": 70, "at": NOW - 1801})
    runner(log, cache).run(NEVER, until_idle=True)
    assert columns(cache, "ana") == ({"views": 3, "spent": 2.5}, 0.0)
    assert columns(cache, "bo", now=NOW + 7) == ({"views": 1, "spent": 5.0}, 7.0)
    assert columns(cache, "cy") == ({"views": 0, "spent": 0.0}, 0.0)
    assert columns(cache, "ana", now=NOW + 1800).columns == {"views": 0, "spent": 0.0}
    assert sum(read(cache, number).events for number in range(3)) == 6
    assert sum((Counter(read(cache, number).poison) for number in range(3)), Counter()) == {"no key": 1}
    assert sum(read(cache, number).late for number in range(3)) == 1


def test_what_was_counted_is_not_counted_again(log, cache):
    log.create("clicks", 2)
    for number in range(1, 4):
        appended(log, {"user": "ana", "price": 1}, {"user": "bo", "price": 1})
        runner(log, cache).run(NEVER, until_idle=True)
        assert columns(cache, "ana").columns == {"views": number, "spent": number}


def test_another_definition_counts_for_itself(log, cache):
    log.create("clicks", 2)
    appended(log, {"user": "ana", "price": 1}, {"user": "ana", "price": 3})
    runner(log, cache).run(NEVER, until_idle=True)
    dear = feature(where="price > 2")
    assert columns(cache, "ana", dear).age is None
    runner(log, cache, dear).run(NEVER, until_idle=True)
    assert columns(cache, "ana", dear).columns == {"views": 1, "spent": 3.0}
    assert columns(cache, "ana").columns == {"views": 2, "spent": 4.0}


@pytest.mark.parametrize("at_once", [1, 3, 2000])
def test_an_entity_in_several_partitions_is_one(log, cache, monkeypatch, at_once):
    monkeypatch.setattr(module, "MOST_EVENTS", at_once)
    log.create("clicks", 4)
    for number in range(40):
        appended(log, {"user": "ana", "price": 1}, key=str(number))
    first = runner(log, cache, lease_seconds=1.0)
    ended = run_together(first, runner(log, cache, lease_seconds=1.0))
    until(lambda: columns(cache, "ana").age is not None and columns(cache, "ana").columns["views"] == 40, "all events")
    for number in range(40):
        appended(log, {"user": "ana", "price": 1}, key=str(number))
    until(lambda: columns(cache, "ana").columns["views"] == 80, "all events")
    ended()
    assert columns(cache, "ana").columns == {"views": 80, "spent": 80.0}
    assert sum(read(cache, number).counted for number in range(4)) == 80
    [shares] = cache.read([shares_key(feature())])
    assert json.loads(shares)["leases"] == json.loads(shares)["runners"] == {}


def run_together(*runners):
    stop, failed = threading.Event(), []

    def run(one):
        try:
            one.run(stop)
        except Exception as error:  # noqa: BLE001  # shown by who waits
            failed.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in runners]
    for thread in threads:
        thread.start()

    def ended():
        stop.set()
        for thread in threads:
            thread.join()
        assert not failed, failed

    return ended


class Flaky:
    """A cache or a log of which some calls fail, and perhaps were done nevertheless."""

    def __init__(self, real, error, *names):
        self._real, self._error, self._names, self._draw = real, error, names, random.Random(5)

    def __getattr__(self, name):
        call = getattr(self._real, name)
        return call if name not in self._names else partial(self._perhaps, call)

    def _perhaps(self, call, *given, **options):
        drawn = self._draw.random()
        if drawn < 0.1:
            raise self._error("it is away")
        found = call(*given, **options)
        if drawn > 0.9:
            raise self._error("its answer did not arrive")
        return found


def test_outages_are_waited_for_with_one_warning_each_and_nothing_is_counted_twice(log, cache, monkeypatch, caplog):
    monkeypatch.setattr(module, "MOST_EVENTS", 5)
    log.create("clicks", 2)
    appended(log, *[{"user": f"user {number % 7}", "price": 1} for number in range(200)])
    flaky = Flaky(cache, CacheUnavailable, "write", "read")
    with caplog.at_level("INFO", "argosy.features"):
        runner(Flaky(log, EventLogUnavailable, "partitions", "reader"), flaky).run(NEVER, until_idle=True)
    assert sum(columns(cache, f"user {number}").columns["views"] for number in range(7)) == 200
    assert sum(read(cache, number).counted for number in range(2)) == 200
    said = [record.getMessage() for record in caplog.records]
    assert len(said) > 10
    assert all(one.startswith("stream clicks waits: ") for one in said[::2])
    assert set(said[1::2]) == {"stream clicks goes on"}


def test_a_topic_that_is_not_there_is_waited_for(log, cache):
    assert "no topic 'clicks'" in str(raised(TopicNotFound, runner(log, cache).run, NEVER, True))
    ended = run_together(runner(log, cache))
    log.create("clicks", 1)
    appended(log, {"user": "ana"})
    until(lambda: columns(cache, "ana").columns.get("views") == 1, "the event")
    ended()


def test_what_a_killed_runner_had_is_read_by_another_when_its_leases_end(log, cache):
    log.create("clicks", 2)
    place, moment = shares_key(feature()), [NOW]
    shares = StreamShares().renewed("killed", 2, {}, NOW, 10.0)
    cache.write({place: msgspec.json.encode(shares)})
    appended(log, *[{"user": str(number)} for number in range(20)])
    other = StreamRunner(feature(), log, cache, lease_seconds=0.05, clock=lambda: moment[0])
    ended = run_together(other)

    def holders():
        return {decode_shares(cache.read([place])[0]).holder(number, moment[0]) for number in range(2)}

    until(lambda: other.name in decode_shares(cache.read([place])[0]).runners, "another runner")
    assert holders() == {"killed"}
    assert sum(read(cache, number).counted for number in range(2)) == 0
    moment[0] += 10.0
    until(lambda: sum(read(cache, number).counted for number in range(2)) == 20, "all events")
    ended()


def test_of_two_that_read_the_same_one_counts(log, cache):
    log.create("clicks", 1)
    first = runner(log, cache)
    first._turn(NEVER, False)
    appended(log, {"user": "ana"})
    second = StreamRunner(feature(), log, cache, clock=lambda: NOW + 60)
    second.run(NEVER, until_idle=True)
    first._turn(NEVER, False)
    assert first._reader is None
    assert columns(cache, "ana").columns["views"] == 1


def test_old_history_is_counted_and_not_kept(log, cache):
    log.create("clicks", 1)
    appended(log, *[{"user": "ana", "at": NOW - 86_400 + number} for number in range(50)])
    runner(log, cache).run(NEVER, until_idle=True)
    assert read(cache).counted == 50
    assert cache.read([keys_of(feature(), "ana")[0]]) == [None]


def test_what_is_held_in_memory_is_limited(log, cache, monkeypatch):
    from argosy.features import batch_counting

    monkeypatch.setattr(batch_counting, "MOST_PANES", 10)
    monkeypatch.setattr(module, "MOST_EVENTS", 7)
    log.create("clicks", 1)
    appended(log, *[{"user": str(number % 30), "at": NOW - number % 3 * 30} for number in range(300)])
    one = runner(log, cache)
    one.run(NEVER, until_idle=True)
    assert all(columns(cache, str(number)).columns["views"] == 10 for number in range(30))
