"""How fast one runner counts a stream from a Kafka topic into Redis, and how soon an event can be looked up.

    python -m benchmarks.streams [--events 300000] [--seconds 10] [--profile]

One stream with a `where`, a count and a sum over 30 minutes; 10,000 users; 4 partitions; events of about 100 bytes.
Kafka is `KAFKA_URL`, else Tansu, Redis `REDIS_URL`, else a private one; all on this machine.

- `events_s`: events a second of one runner that finds all of them in the topic, from its first to its last write;
- `cpu_us_an_event`: microseconds of a core that the runner's thread takes for each of these;
- `freshness_p50_ms`, `freshness_p99_ms`: from before an event is appended until a look-up gives a value with it, at
  `offered_s` events a second, a runner in another process;
- `runner_load`: the share of a core that the runner took meanwhile;
- `feast_events_s`, `feast_freshness_p50_ms`, `feast_freshness_p99_ms`: the same events through a push source of Feast,
  which keeps the last value of each key and counts nothing; null where `make bench-peers` did not install it.

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from argosy.caching.cache import Cache
from argosy.caching.caches.redis import RedisCache
from argosy.definitions.service_features import StreamFeature, parse_features
from argosy.features.stream_runner import StreamRunner
from argosy.features.stream_values import columns_of, keys_of
from argosy.streaming.logs.kafka import KafkaLog
from benchmarks import streams_feast

USERS, PARTITIONS = 10_000, 4
OFFERED, TURN_SECONDS, POLL_SECONDS = 5_000, 0.02, 0.002
DEADLINE_SECONDS = 20.0


def main() -> None:
    """Measure, and print a line for each figure and all as JSON."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=300_000)
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--profile", action="store_true", help="show what counting takes its time for")
    arguments.add_argument("--runner", nargs=2, metavar=("LOG", "CACHE"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.runner:
        log, cache = given.runner
        StreamRunner(feature("live"), KafkaLog(log), RedisCache(cache)).run(threading.Event())
        return
    with kafka() as log_url, redis() as cache_url:
        log, cache = KafkaLog(log_url), RedisCache(cache_url)
        found: dict[str, float | None] = {**counted(log, cache, given.events, given.profile)}
        found |= fresh(log, cache, log_url, cache_url, given.seconds)
        found |= with_feast(log, log_url, cache_url, given.events, given.seconds)
    for name, figure in found.items():
        print(f"{name:24} {'not installed' if figure is None else f'{figure:,}':>13}")
    print(json.dumps(found))


def feature(topic: str) -> StreamFeature:
    """The stream."""
    given = {
        "stream": topic,
        "key": "user",
        "where": "kind = 'view'",
        "aggregate": {"views": "count", "spent": "sum(price)"},
        "window": "30m",
    }
    found = parse_features({"clicks": given}, {"user": None})[0]
    assert isinstance(found, StreamFeature)
    return found


def event(draw: random.Random, user: str, at: float) -> bytes:
    """One of those that are appended."""
    kind = "view" if draw.random() < 0.9 else "order"
    row = {"kind": kind, "user": user, "product": f"p{draw.randrange(500)}", "price": draw.random() * 100, "at": at}
    return json.dumps(row).encode()


def counted(log: KafkaLog, cache: Cache, events: int, is_profiled: bool) -> dict[str, float]:
    """Events a second of a runner that has them all in front of it."""
    draw, now = random.Random(1), time.time()
    log.create("kept", PARTITIONS)
    for start in range(0, events, 50_000):
        users = [f"user{draw.randrange(USERS)}" for _ in range(min(50_000, events - start))]
        log.append("kept", [(user, event(draw, user, now - 20 + 20 * start / events)) for user in users])
    runner, profile = StreamRunner(feature("kept"), log, cache), cProfile.Profile()
    if is_profiled:
        profile.enable()
    moments, took = [time.perf_counter()], time.thread_time()
    count = runner._counter.count

    def noted(*given: object) -> bool:
        is_done = count(*given)  # type: ignore[arg-type]
        moments.append(time.perf_counter())
        return is_done

    runner._counter.count = noted  # type: ignore[method-assign, assignment]
    runner.run(threading.Event(), until_idle=True)
    profile.disable()
    if is_profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    took = time.thread_time() - took
    return {
        "events_s": round(events / (moments[-1] - moments[0])),
        "cpu_us_an_event": round(took / events * 1e6, 2),
    }


def fresh(log: KafkaLog, cache: Cache, log_url: str, cache_url: str, seconds: float) -> dict[str, float]:
    """Of probes among the events, the time until each can be looked up."""
    log.create("live", PARTITIONS)
    command = [sys.executable, "-m", "benchmarks.streams", "--runner", log_url, cache_url]
    process = subprocess.Popen(command)
    try:
        sent, seen, over = dict[str, float](), dict[str, float](), threading.Event()
        follower = threading.Thread(target=follow, args=(cache, sent, seen, over))
        follower.start()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not seen and time.monotonic() < deadline:
            produce(log, "live", sent, "warm-up", 1.0)
        sent.clear()
        took = cpu_seconds(process.pid)
        began = time.perf_counter()
        offered = produce(log, "live", sent, "probe", seconds)
        passed = time.perf_counter() - began
        took = cpu_seconds(process.pid) - took
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not seen.keys() >= sent.keys() and time.monotonic() < deadline:
            time.sleep(0.1)
        over.set()
        follower.join()
    finally:
        process.kill()
        process.wait()
    waited = sorted(1000 * (seen.get(key, float("inf")) - moment) for key, moment in sent.items())
    return {
        **percentiles("freshness", waited),
        "offered_s": round(offered / passed),
        "runner_load": round(took / passed, 2),
    }


def with_feast(log: KafkaLog, log_url: str, cache_url: str, events: int, seconds: float) -> dict[str, float | None]:
    """The same topic and the same rate through Feast's push source, where `make bench-peers` has installed it."""
    if not streams_feast.is_installed():
        return dict.fromkeys(("feast_events_s", "feast_freshness_p50_ms", "feast_freshness_p99_ms"))
    log.create("pushed", PARTITIONS)
    found = {"feast_events_s": streams_feast.pushed(log_url, "kept", cache_url, events)}
    produced = partial(produce, log, "pushed")
    waited = streams_feast.waited(log_url, "pushed", cache_url, produced, seconds, DEADLINE_SECONDS)
    return found | percentiles("feast_freshness", waited)


def percentiles(name: str, waited: list[float]) -> dict[str, float]:
    """Of sorted milliseconds."""
    at = {"p50": statistics.median(waited), "p99": waited[int(0.99 * len(waited))]}
    return {f"{name}_{which}_ms": round(figure, 1) for which, figure in at.items()}


def produce(log: KafkaLog, topic: str, sent: dict[str, float], name: str, seconds: float) -> int:
    """Append at the offered rate, a probe of a key of its own in each turn; how many there were."""
    draw, began, count = random.Random(2), time.perf_counter(), 0
    per_turn = round(OFFERED * TURN_SECONDS)
    for turn in range(round(seconds / TURN_SECONDS)):
        time.sleep(max(0.0, began + turn * TURN_SECONDS - time.perf_counter()))
        users = [f"user{draw.randrange(USERS)}" for _ in range(per_turn - 1)]
        some = [(user, event(draw, user, time.time())) for user in users]
        key = f"{name} {turn}"
        sent[key] = time.perf_counter()
        log.append(topic, [*some, (key, json.dumps({"kind": "view", "user": key, "at": time.time()}).encode())])
        count += per_turn
    return count


def follow(cache: Cache, sent: dict[str, float], seen: dict[str, float], over: threading.Event) -> None:
    """Look the probes up until each has a value."""
    stream = feature("live")
    while not over.wait(POLL_SECONDS):
        keys = [key for key in list(sent) if key not in seen]
        if not keys:
            continue
        *values, shares = cache.read([keys_of(stream, key)[0] for key in keys] + [keys_of(stream, "")[1]])
        now = time.time()
        for key, value in zip(keys, values, strict=True):
            if columns_of(stream, (value, shares), now).columns.get("views"):
                seen[key] = time.perf_counter()


def cpu_seconds(pid: int) -> float:
    """That a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def kafka() -> Iterator[str]:
    """Its URL, with topics of this run only."""
    from servers.kafka import own_server

    prefix = f"?prefix=bench{time.time_ns():x}."
    if given := os.environ.get("KAFKA_URL", ""):
        yield given + prefix
        return
    with own_server() as url:
        yield url + prefix


@contextmanager
def redis() -> Iterator[str]:
    """Its URL, with keys of this run only."""
    from servers.redis import own_server

    prefix = f"?prefix=bench{time.time_ns():x}"
    if given := os.environ.get("REDIS_URL", ""):
        yield given + prefix
        return
    with own_server(shutil.which("redis-server") or "valkey-server") as server:
        yield server.url + prefix


if __name__ == "__main__":
    main()
