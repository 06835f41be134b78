"""What a request costs between a protocol and a model: manager, batcher, and a version that computes nothing.

    python -m benchmarks.dispatch [--rounds 7] [--seconds 2] [--tasks 1000] [--profile]

In process, on one core, on uvloop. Each request is a task of its own that waits for its answer; `--tasks` of them are
started at once, the next when all were answered. In turn: `bare`, futures that one callback answers together;
`dispatch`, the data plane with a recorder that only makes the answers; `logged`, with the recorder of a server, which
issues ids and seals each prediction into a spool. The last line is one JSON object of medians: requests a second, and
the processor's microseconds for one.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import cProfile
import gc
import json
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.app.backends import database
from argosy.http.event_loop import new_event_loop
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.serving.aspired_versions import AspiredVersions
from argosy.serving.dataplane import DataPlane
from argosy.serving.manager import Manager
from argosy.serving.model_server import GARBAGE_OBJECTS
from argosy.serving.recording import Recorded, Recorder
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.scoring import Scores
from argosy.serving.servable import ArtifactReference, Predictor
from argosy.types import Input
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault

REQUEST = InferRequest("noop", ["a text"])
Ask = Callable[[], Coroutine[Any, Any, object]]


class Noop:
    """A version that computes nothing; it is its own loader."""

    classes = ["a", "b"]  # noqa: RUF012
    has_probabilities, waits, is_ready = True, False, True
    answered_from = temperature = None
    reads = {"text": "text"}  # noqa: RUF012
    _scores = np.tile([0.25, 0.75], (1024, 1))

    def score(self, inputs: Sequence[Input], limit: int) -> NDArray[np.float64]:  # noqa: ARG002
        return self._scores[: len(inputs)]

    def load(self, reference: ArtifactReference) -> Predictor:  # noqa: ARG002
        return self

    def memory_bytes(self, reference: ArtifactReference) -> int:  # noqa: ARG002
        return 1

    def unload(self, predictor: Predictor) -> None:
        """There is nothing to give back."""


class Unlogged(Recorder):
    """Makes an answer for every request, and keeps nothing."""

    def __init__(self) -> None:
        """It needs no log."""

    def record(
        self,
        requests: Sequence[InferRequest],
        version: int,
        predictor: Predictor,
        scores: Scores,
        log_share: float = 1.0,  # noqa: ARG002
        decisions: Decisions = NO_DECISIONS,  # noqa: ARG002
    ) -> list[Recorded]:
        classes = predictor.classes
        return [
            Recorded(InferResponse(one.model, version, classes, ["b"], [0.75], row, row, [""]), b"")
            for one, row in zip(requests, scores[:, None], strict=True)
        ]

    def keep(self, records: Sequence[bytes]) -> int:
        return len(records)

    def close(self) -> None:
        """Nothing is open."""


class Bare:
    """The least that answers tasks together: a future each, and one callback for all that came in a turn."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[object]] = []

    async def ask(self) -> object:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._answer)
        self._waiting.append(future)
        return await future

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.set_result(None)


def plane_of(recorder: Recorder) -> DataPlane:
    noop = Noop()
    plane = DataPlane(Manager(noop), recorder)
    plane.manager.aspire([AspiredVersions("noop", {1: ArtifactReference("noop", "noop")}, {"champion": 1})])
    while plane.manager.step():
        pass
    return plane


async def rate(ask: Ask, seconds: float, tasks: int) -> tuple[float, float]:
    """Requests a second, each a task of its own, and the processor's microseconds for one."""
    count, started, busy = 0, time.perf_counter(), time.process_time()
    begin = asyncio.get_running_loop().create_task
    while (taken := time.perf_counter() - started) < seconds:
        for task in [begin(ask()) for _ in range(tasks)]:
            await task
        count += tasks
    return count / taken, (time.process_time() - busy) / count * 1e6


async def measure(ways: dict[str, Ask], rounds: int, seconds: float, tasks: int) -> dict[str, float]:
    for ask in ways.values():
        await rate(ask, min(seconds, 0.5), tasks)
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, ask in ways.items():
            for unit, value in zip(("rps", "cpu_us"), await rate(ask, seconds, tasks), strict=True):
                found.setdefault(f"{name}_{unit}", []).append(value)
    return {name: round(statistics.median(each), 2) for name, each in found.items()}


async def profile(ask: Ask, seconds: float, tasks: int) -> None:
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    await rate(ask, seconds, tasks)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


async def run(folder: Path, rounds: int, seconds: float, tasks: int, is_profiled: bool) -> dict[str, float]:
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(32)).decode()})
    scope = Vault(database("sqlite:///argosy.db", folder), keys).scope(SCOPE)
    planes = {
        "dispatch": plane_of(Unlogged()),
        "logged": plane_of(Recorder(SpoolWriter(folder / "spool", scope), PredictionIds(scope))),
    }
    ways: dict[str, Ask] = {"bare": Bare().ask}
    for name, plane in planes.items():
        ways[name] = lambda plane=plane: plane.infer(REQUEST)
    try:
        if is_profiled:
            for name in planes:
                await profile(ways[name], seconds, tasks)
        return await measure(ways, rounds, seconds, tasks)
    finally:
        for plane in planes.values():
            plane.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--profile", action="store_true", help="print what takes the time first")
    given = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    gc.set_threshold(GARBAGE_OBJECTS)  # as a server does
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        asyncio.Runner(loop_factory=new_event_loop) as loop,
    ):
        found = loop.run(run(Path(folder), given.rounds, given.seconds, given.tasks, given.profile))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
