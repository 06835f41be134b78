"""A storm of kill -9 over two runners of one stream: every event is counted once.

As a program, `python proof_streams.py LOG CACHE FOLDER`, it is one of the runners, with shorter times.
"""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from argosy.app.backends import cache as open_cache
from argosy.app.backends import database, event_log
from argosy.definitions.service_features import parse_features
from argosy.features import stream_runner
from argosy.features.stream_runner import StreamRunner
from argosy.features.stream_status import stored_progress
from argosy.features.stream_values import columns_of, keys_of
from argosy.testing.waiting import until

PARTITIONS, USERS, AT_ONCE = 3, 20, 25
LEASE_SECONDS = 0.5
LONGEST_LIFE = 0.6
"""Of a runner before it is killed, behind its first write."""


def feature():
    aggregate = {"events": "count", "spent": "sum(price)"}
    given = {"stream": "clicks", "key": "user", "window": "1d", "aggregate": aggregate}
    return parse_features({"clicks": given}, {"user": None})[0]


def stream_storm(log_url, cache_url, folder, kills, seed):
    """What was found; raises AssertionError where an event was lost or counted twice."""
    draw = random.Random(seed)
    with ExitStack() as stack:
        log, cache, _ = opened(log_url, cache_url, folder, stack)
        log.create("clicks", PARTITIONS)
        producer = Producer(log, draw.random())
        stack.callback(producer.end)
        runners = [start(log_url, cache_url, folder, stack) for _ in range(2)]
        killed = defaultdict(int)
        for _ in range(kills):
            before = counted(log, cache)
            until(lambda before=before: counted(log, cache) > before, "a further event")
            time.sleep(draw.random() * LONGEST_LIFE)
            place = draw.randrange(len(runners))
            runners[place].kill()
            runners[place].wait()
            killed[place] += 1
            runners[place] = start(log_url, cache_url, folder, stack)
        producer.end()
        until(lambda: counted(log, cache) >= producer.events, "all events")
        until(lambda: columns_of(feature(), cache.read(keys_of(feature(), "")), time.time()).age is not None, "an age")
        for runner in runners:
            runner.terminate()
            assert runner.wait(60) in (0, -signal.SIGTERM)  # the latter before it is ready
        check(log, cache, producer)
        return {"events": producer.events, "kills": sum(killed.values()), "by runner": sorted(killed.values())}


def check(log, cache, producer):
    _, progress = stored_progress(log, cache, feature())
    assert sum(one.counted for one in progress) == sum(one.events for one in progress) == producer.events
    for user, (events, spent) in producer.totals.items():
        columns = columns_of(feature(), cache.read(keys_of(feature(), user)), time.time()).columns
        assert columns == {"events": events, "spent": spent}, (user, columns)


def counted(log, cache):
    return sum(one.counted for one in stored_progress(log, cache, feature())[1])


class Producer(threading.Thread):
    """Appends until its end; one event in five is in any partition, as of a producer that has another key."""

    def __init__(self, log, seed):
        super().__init__()
        self.log, self.draw, self.over = log, random.Random(seed), threading.Event()
        self.events, self.totals = 0, defaultdict(lambda: (0, 0))
        self.start()

    def run(self):
        while not self.over.wait(0.01):
            some = []
            for _ in range(self.draw.randrange(1, 40)):
                user, price = f"user {self.draw.randrange(USERS)}", self.draw.randrange(100)
                key = user if self.draw.random() < 0.8 else str(self.draw.random())
                some.append((key, json.dumps({"user": user, "price": price, "at": time.time()}).encode()))
                events, spent = self.totals[user]
                self.totals[user] = events + 1, spent + price
            self.log.append("clicks", some)
            self.events += len(some)

    def end(self):
        self.over.set()
        self.join()


def opened(log_url, cache_url, folder, stack):
    """The log, the cache and the database that it may be in."""
    own = database(f"sqlite:///{folder}/argosy.db", Path(folder)) if not cache_url else None
    if own:
        stack.callback(own.close)
    return event_log(log_url, Path(folder)), open_cache(cache_url, Path(folder), lambda: own), own


def start(log_url, cache_url, folder, stack):
    process = subprocess.Popen([sys.executable, __file__, log_url, cache_url, str(folder)])
    stack.callback(process.kill)
    return process


def run(log_url, cache_url, folder):
    from argosy.cli.train import stopped_by_signals

    stream_runner.MOST_EVENTS, stream_runner.GATHER_SECONDS, stream_runner.READ_SECONDS = AT_ONCE, 0.0, 0.05
    with ExitStack() as stack, stopped_by_signals() as stop:
        log, cache, _ = opened(log_url, cache_url, folder, stack)
        StreamRunner(feature(), log, cache, lease_seconds=LEASE_SECONDS).run(stop)


if __name__ == "__main__":
    run(*sys.argv[1:])
