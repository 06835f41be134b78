"""Scoring processes for as long as one version answers, and batches through them in order."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from argosy import processes
from argosy.errors import JobFailed
from argosy.scoring.child import InputBatch, Opener, ScoredBatch, ScoredVersion, begin_child, score_in_child

AHEAD = 2
"""Batches in hand for each process, so that none waits for the one that is written."""


class ScoringPool:
    """Processes that start when they are first needed, each with one numeric thread. Use as a context manager."""

    def __init__(self, opener: Opener, folder: str, processes_: int) -> None:
        self._opener, self._folder, self._count = opener, folder, processes_
        self._scored: ScoredVersion | None = None
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        self._environment = {name: os.environ.get(name) for name in processes.THREAD_VARIABLES}
        os.environ.update(processes.single_threaded())  # of the children: this process has loaded its own
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end()
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def scored(self, version: ScoredVersion, batches: Iterable[InputBatch]) -> Iterator[ScoredBatch]:
        """The batches by that version, in their order, a few at a time; raises UserMistake, JobFailed."""
        pool = self._of(version)
        waiting: deque[Future[ScoredBatch]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(score_in_child, batch))
                if len(waiting) >= AHEAD * self._count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            self._pool = None
            raise JobFailed("a scoring process was killed: is memory short? The same command continues") from None

    def _of(self, version: ScoredVersion) -> ProcessPoolExecutor:
        if self._pool is None or self._scored != version:
            self._end()
            context = multiprocessing.get_context("spawn")
            arguments = (self._opener, self._folder, version, os.getpid())
            self._pool = ProcessPoolExecutor(self._count, context, begin_child, arguments)
            self._scored = version
        return self._pool

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
