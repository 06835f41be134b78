"""A server under mixed load for long, while its versions change: what it holds must not grow, and no record be lost."""

import os
import threading
import time
from pathlib import Path

from mixed_callers import Caller, ask_all

CALLERS = 6
WARM_ROUNDS = 3
"""Until every code path has run and its memory is taken."""


def soak(server, versions, is_over):
    """Ask in rounds until `is_over(rounds)`. What was found: requests, swaps, memory in MB and open files by round."""
    project, stop, swaps, answered, held = server.project, threading.Event(), [0], {}, []

    def swap():
        while not stop.is_set():
            for version in versions:
                project.promote(version)
                server.until(lambda version=version: stop.is_set() or server.version() == version)
                swaps[0] += 1

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        while not is_over(len(held)):
            callers = [Caller(len(held) * CALLERS + number) for number in range(CALLERS)]
            ask_all(server, callers)
            for one in callers:
                assert not answered.keys() & one.answered.keys(), "two predictions had the same id"
                answered |= one.answered
            held.append((resident_megabytes(server.process.pid), open_files(server.process.pid)))
    finally:
        stop.set()
        swapping.join()
    logged = project.predictions.get_many(sorted(answered))
    assert {one.id: one.input for one in logged} == answered, "a record is missing or another's"
    return {"rows": len(answered), "swaps": swaps[0], "memory": [mb for mb, _ in held], "files": [n for _, n in held]}


def settled(server, count):
    """The number of open files once the connections of the last round are closed."""
    deadline = time.monotonic() + 30
    while open_files(server.process.pid) > count and time.monotonic() < deadline:
        time.sleep(0.1)
    return open_files(server.process.pid)


def resident_megabytes(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files(pid):
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
