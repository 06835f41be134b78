"""Scoring processes on Ray, which places them; batches go through them in order, as through those of this machine."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from argosy import processes
from argosy.errors import JobFailed, UserMistake
from argosy.ray_cluster import connected_ray, ray_errors
from argosy.scoring.child import ChildScorer, InputBatch, Opener, ScoredBatch, ScoredVersion
from argosy.scoring.pool import AHEAD
from argosy.telemetry import logger

NOTICE_SECONDS: Final = 30.0
LOST: Final = {"max_restarts": 3, "max_task_retries": 3}
"""A batch whose process or machine is lost is scored again, by another process, unless it is what ends them."""
_log = logger("argosy.scoring")


@dataclass(frozen=True)
class RefusedBatch:
    """Why a batch could not be scored: Ray would wrap an exception in one of its own."""

    problem: str
    is_mistake: bool


class ScoringActor:
    """What Ray runs."""

    def __init__(self, opener: Opener, folder: str, scored: ScoredVersion) -> None:
        self._scorer = ChildScorer(opener, folder, scored)

    def score(self, batch: InputBatch) -> ScoredBatch | RefusedBatch:
        try:
            return self._scorer.score(batch)
        except (UserMistake, JobFailed) as error:
            return RefusedBatch(str(error), isinstance(error, UserMistake))


class RayScoringPool:
    """Actors with one CPU and one numeric thread each. Use as a context manager."""

    def __init__(self, opener: Opener, folder: str, count: int, url: str) -> None:
        self._opener, self._folder, self._count, self._url = opener, folder, count, url
        self._scored: ScoredVersion | None = None
        self._actors: list[Any] = []

    def __enter__(self) -> Self:
        self._connection = ExitStack()
        self._ray = self._connection.enter_context(connected_ray(self._url, self._count, shows_logs=False))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end()
        self._connection.close()

    def scored(self, version: ScoredVersion, batches: Iterable[InputBatch]) -> Iterator[ScoredBatch]:
        """The batches by that version, in their order, a few at a time; raises UserMistake, JobFailed."""
        actors = self._of(version)
        waiting: deque[tuple[Any, int]] = deque()
        for batch in batches:
            place = self._freest(waiting)
            with ray_errors():
                waiting.append((actors[place].score.remote(batch), place))
            if len(waiting) >= AHEAD * self._count:
                yield self._result(waiting.popleft()[0])
        while waiting:
            yield self._result(waiting.popleft()[0])

    def _of(self, version: ScoredVersion) -> list[Any]:
        if not self._actors or self._scored != version:
            self._end()
            environment = {"env_vars": processes.single_threaded()}
            with ray_errors():
                actor = self._ray.remote(ScoringActor).options(num_cpus=1, runtime_env=environment, **LOST)
                self._actors = [actor.remote(self._opener, self._folder, version) for _ in range(self._count)]
            self._scored = version
        return self._actors

    def _freest(self, waiting: Iterable[tuple[Any, int]]) -> int:
        """Which actor has the fewest batches to score."""
        asked = dict(waiting)
        if not asked:
            return 0
        with ray_errors():
            _, unscored = self._ray.wait(list(asked), num_returns=len(asked), timeout=0)
        busy = Counter(asked[one] for one in unscored)
        return min(range(self._count), key=lambda place: busy[place])

    def _result(self, answer: Any) -> ScoredBatch:
        with ray_errors():
            if not self._ray.wait([answer], timeout=NOTICE_SECONDS)[0]:
                _log.warning("waiting for Ray: each of %d scoring processes needs a free CPU", self._count)
            found: ScoredBatch | RefusedBatch = self._ray.get(answer)
        if isinstance(found, RefusedBatch):
            raise (UserMistake if found.is_mistake else JobFailed)(found.problem)
        return found

    def _end(self) -> None:
        for one in self._actors:
            with suppress(Exception):  # of Ray's: what is left ends with this process
                self._ray.kill(one)
        self._actors = []
