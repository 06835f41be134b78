"""Workers as Ray actors: Ray places them, gives them their GPUs and replaces lost ones; each runs `argosy worker`.

- An actor keeps one `argosy worker`, and starts another when that was killed or could not begin for an outage. Ray does
  the same for an actor whose process or machine is lost, there or elsewhere.
- The project's folder must be on each machine that Ray may choose, with all that a worker needs there.
- Actors end with the process that launched them, however that ends; their workers then give back what they hold.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from argosy import processes
from argosy.errors import JobFailed
from argosy.jobs.workers import RUN_BY
from argosy.ray_cluster import connected_ray, ray_errors

STOP_SECONDS: Final = 40.0
"""For a worker to give back its job and to end."""
AGAIN_SECONDS: Final = 3.0
MISTAKE: Final = 2
"""The exit code of a worker that no other attempt would help."""


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
        with ray_errors():
            return list(self._ray.get(done))

    def wait(self, seconds: float) -> bool:
        """Whether all have ended, after that time at most. Raises JobFailed where one could not begin."""
        with ray_errors():
            done, self._running = self._ray.wait(self._running, num_returns=len(self._running), timeout=seconds)
            if any(code == MISTAKE for code in self._ray.get(done)):
                raise JobFailed("a worker could not start on its machine: see its messages above")
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
    with connected_ray(url, count, gpus) as ray:
        workers = RayWorkers(ray, folder, count, gpus)
        try:
            yield workers
        finally:
            workers.close()
