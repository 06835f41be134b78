"""Workers as Ray actors: Ray places them, gives them their GPUs and starts lost ones anew; each runs `argosy worker`.

- An actor keeps one `argosy worker`, and starts another when that was killed or could not begin for an outage. Ray does
  the same for an actor whose process or machine is lost, there or elsewhere.
- The project's folder must be on each machine that Ray may choose, with all that a worker needs there.
- Actors end with the process that launched them, however that ends; their workers then give back what they hold.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from argosy import processes
from argosy.errors import ExtraMissing, JobFailed, UserMistake
from argosy.jobs.workers import RUN_BY

CLIENT_PORT: Final = 10001
"""On which Ray's head node takes clients."""
STOP_SECONDS: Final = 40.0
"""For a worker to give back its job and to end."""
AGAIN_SECONDS: Final = 3.0
MISTAKE: Final = 2
"""The exit code of a worker that no other attempt would help."""


@dataclass(frozen=True)
class RayAddress:
    """`local`: on this machine, while it is needed. `auto`: the cluster of this machine. Else a head node."""

    host: str
    port: int = CLIENT_PORT

    def options(self, count: int, gpus: float) -> dict[str, Any]:
        """What `ray.init` is given. Pure."""
        if self.host == "local":
            room = {"num_cpus": max(count, os.cpu_count() or 1), "num_gpus": count * gpus}
            return {"address": "local", "include_dashboard": False, **room}
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"address": "auto" if host == "auto" else f"ray://{host}:{self.port}"}


def ray_address(url: str) -> RayAddress:
    """Of `ray://HOST[:PORT]`, `ray://auto` or `ray://local`; raises UserMistake. Pure."""
    try:
        found = urlsplit(url)
        if found.scheme == "ray" and found.hostname and not (found.path or found.query or found.username):
            return RayAddress(found.hostname, found.port or CLIENT_PORT)
    except ValueError:
        pass
    raise UserMistake(f"'{url}' is no place for workers: give ray://HOST[:PORT], ray://auto or ray://local")


class WorkerActor:
    """What Ray runs; `run` and `stop` at the same time."""

    def __init__(self, folder: str) -> None:
        self._folder, self._is_stopping = folder, threading.Event()

    def run(self) -> int:
        """Keep a worker until it ends since it was asked to, or cannot begin; its exit code."""
        while not self._is_stopping.is_set():
            process = processes.start_argosy(["--project", self._folder, "worker"], environment={RUN_BY: "ray"})
            while process.poll() is None and not self._is_stopping.wait(0.1):
                continue
            code = processes.stop(process, STOP_SECONDS) if process.poll() is None else process.returncode
            if code in (0, MISTAKE):
                return code
            self._is_stopping.wait(AGAIN_SECONDS)
        return 0

    def host(self) -> str:
        return platform.node()

    def stop(self) -> None:
        """Have `run` end."""
        self._is_stopping.set()


class RayWorkers:
    """Made by `started_on_ray`."""

    def __init__(self, ray: Any, folder: Path, count: int, gpus: float) -> None:
        self._ray = ray
        kept = {"max_restarts": -1, "max_task_retries": -1, "max_concurrency": 3}
        actor = ray.remote(WorkerActor).options(num_cpus=1, num_gpus=gpus, **kept)
        self._actors = [actor.remote(str(folder)) for _ in range(count)]
        self._running = [one.run.remote() for one in self._actors]
        self._placing = [one.host.remote() for one in self._actors]

    def placed(self) -> list[str]:
        """The machines of those that have come to one since this was last asked."""
        done, self._placing = self._ray.wait(self._placing, num_returns=len(self._placing), timeout=0)
        with _translated():
            return list(self._ray.get(done))

    def wait(self, seconds: float) -> bool:
        """Whether all have ended, after that time at most. Raises JobFailed where one could not begin."""
        with _translated():
            done, self._running = self._ray.wait(self._running, num_returns=len(self._running), timeout=seconds)
            if any(code == MISTAKE for code in self._ray.get(done)):
                raise JobFailed("a worker could not begin on its machine: its lines above say why")
        return not self._running

    def close(self) -> None:
        """Ask them to stop; returns when they have."""
        with suppress(Exception):  # of Ray's: what is left ends with this process
            for one in self._actors:
                one.stop.remote()
            self._ray.wait(self._running, num_returns=len(self._running), timeout=STOP_SECONDS + AGAIN_SECONDS)


@contextmanager
def started_on_ray(url: str, folder: Path, count: int, gpus: float) -> Iterator[RayWorkers]:
    """Workers on Ray for as long as the block runs."""
    address = ray_address(url)
    if find_spec("ray") is None:
        raise ExtraMissing("ray", "ray", "running workers on Ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody else is to know
    import ray

    with _translated():
        ray.init(**address.options(count, gpus), log_to_driver=True, logging_level="WARNING")
    try:
        workers = RayWorkers(ray, folder, count, gpus)
        try:
            yield workers
        finally:
            workers.close()
    finally:
        ray.shutdown()


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever Ray raises, in one line: the last one says it, and has nothing of users'."""
    try:
        yield
    except JobFailed:
        raise
    except Exception as error:  # noqa: BLE001  # Ray's own, gRPC's and the system's
        lines = [type(error).__name__, *filter(None, map(str.strip, str(error).splitlines()))]
        raise JobFailed(f"Ray: {lines[-1]}") from None
