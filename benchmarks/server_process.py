"""A server under measurement: started alone on one core, its memory, and what a client on another core makes of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START_SECONDS = 180.0
STOP_SECONDS = 30.0
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]


@contextmanager
def running(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], core: int | None = SERVER_CORE
) -> Iterator[subprocess.Popen[str]]:
    """A process in a session of its own, which ends with the block together with its descendants."""
    pinned = command if core is None else ["taskset", "-c", str(core), *command]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            pinned,
            cwd=folder,
            env=dict(environment),
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # its session: nothing else is in it
    process.wait()


def until_answered(process: subprocess.Popen[str], url: str, body: bytes, folder: Path) -> dict[str, Any]:
    """What the server says to a question, once it says something; raises RuntimeError where it ended instead."""
    deadline, said = time.monotonic() + START_SECONDS, "nothing"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return ask(url, body)
        except (OSError, urllib.error.URLError) as error:
            said = str(error)
            time.sleep(0.1)
    log = (folder / "server.log").read_text(errors="replace").splitlines()[-8:]
    raise RuntimeError("\n".join([f"{url} did not answer: {said}", *log]))


def ask(url: str, body: bytes) -> dict[str, Any]:
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def pss_mb(pid: int) -> float:
    """The proportional share of memory of a process and its descendants."""
    total = 0
    for one in (pid, *descendants(pid)):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:  # it ended meanwhile
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(total / 1024, 1)


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            own = [int(one) for one in children.read_text().split()]
        except OSError:
            continue
        found += [each for one in own for each in (one, *descendants(one))]
    return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wrk(url: str, bodies: Path, connections: int, seconds: float, nice: int = 0) -> dict[str, Any]:
    """A closed loop of connections: answers, seconds, p50_ms, p99_ms, failed, rps."""
    program = shutil.which("wrk")
    assert program, "wrk is not installed: apt-get install wrk"
    script = str(Path(__file__).parent / "wrk_bodies.lua")
    whole = str(max(1, round(seconds)))
    command = [
        program,
        "-t1",
        f"-c{connections}",
        f"-d{whole}s",
        "--timeout",
        "10s",
        "-s",
        script,
        url,
        "--",
        str(bodies),
    ]
    found = _last_json(["nice", "-n", str(nice), "taskset", "-c", str(CLIENT_CORE), *command])
    return {**found, "rps": round(found["answers"] / found["seconds"], 1)}


def client(module: str, *arguments: str) -> dict[str, Any]:
    """The last line of one of these client programs, run on the clients' core."""
    return _last_json(["taskset", "-c", str(CLIENT_CORE), sys.executable, "-m", f"benchmarks.{module}", *arguments])


def _last_json(command: Sequence[str]) -> dict[str, Any]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:6])} … failed: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
