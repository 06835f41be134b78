"""The same events through Feast's push source into Redis, for `benchmarks.streams`."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from benchmarks.peers import FOLDER, SOURCES, python_of

Produce = Callable[[dict[str, float], str, float], int]


def is_installed() -> bool:
    """Whether `make bench-peers` could."""
    return (FOLDER / "feast" / ".installed").exists()


def pushed(log_url: str, topic: str, cache_url: str, events: int) -> int:
    """Events a second of one process that pushes all that are in a topic."""
    done = subprocess.run(
        [*_command("count"), *_places(log_url, topic, cache_url), str(events)],
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[-1])


def waited(log_url: str, topic: str, cache_url: str, produce: Produce, seconds: float, deadline: float) -> list[float]:
    """Of probes among produced events, the milliseconds until each can be looked up, sorted.

    Moments are those of the system's monotonic clock, which all processes share.
    """
    places = _places(log_url, topic, cache_url)
    command = [*_command("follow"), places[-1]]
    pushing = subprocess.Popen([*_command("push"), *places], env=_environment(), stdout=subprocess.DEVNULL)
    follower = subprocess.Popen(
        command, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert follower.stdin is not None
    assert follower.stdout is not None
    sent, asked, seen = dict[str, float](), set[str](), dict[str, float]()
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.002):
            for key in [key for key in list(sent) if key not in asked]:
                asked.add(key)
                follower.stdin.write(f"{key}\n")

    def read() -> None:
        for line in follower.stdout:
            moment, _, key = line.strip().partition(" ")
            seen[key] = float(moment)

    try:
        follower.stdout.readline()
        threads = [threading.Thread(target=ask), threading.Thread(target=read)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 3 * deadline
        while not seen and time.monotonic() < end:
            produce(sent, "warm-up", 1.0)
        first = set(sent)
        produce(sent, "probe", seconds)
        end = time.monotonic() + deadline
        while not seen.keys() >= sent.keys() and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        over.set()
        for process in (pushing, follower):
            process.kill()
            process.wait()
    for thread in threads:
        thread.join()
    return sorted(1000 * (seen.get(key, float("inf")) - sent[key]) for key in sent if key not in first)


def _command(what: str) -> list[str]:
    return [python_of("feast"), str(SOURCES / "feast_push.py"), what]


def _places(log_url: str, topic: str, cache_url: str) -> list[str]:
    log, cache = urlsplit(log_url), urlsplit(cache_url)
    return [log.netloc, log.query.removeprefix("prefix=") + topic, cache.netloc]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONWARNINGS": "ignore"}
