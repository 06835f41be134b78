"""What a loaded version has answered, and how long each stage took: Triton's statistics, for any protocol.

Any thread may add; `counted` is a consistent copy. What scores a batch calls `executed`, what ends a request
calls `answered` or `failed`: a batch may hold the rows of many requests.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from argosy.errors import ArgosyError, ImportedModelFailed, ModelFailed
from argosy.serving.health import BUCKETS, AnswerTally, bucket

EXACT_SIZES: Final = 64
"""Batches up to here are counted by their size; larger ones by the next power of two, so that there are few counts."""
STAGES: Final = ("compute_input", "compute_infer", "compute_output")


@dataclass
class TotalTime:
    """How many times something was done, and the seconds of all together."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float, count: int = 1) -> None:
        self.count += count
        self.seconds += seconds

    def to_dict(self) -> dict[str, int]:
        return {"count": self.count, "ns": round(self.seconds * 1e9)}


@dataclass
class _Batches:
    """Of one size, or of all sizes."""

    stages: dict[str, TotalTime] = field(default_factory=lambda: {name: TotalTime() for name in STAGES})

    def add(self, seconds: tuple[float, float, float]) -> None:
        for name, taken in zip(STAGES, seconds, strict=True):
            self.stages[name].add(taken)

    def to_dict(self) -> dict[str, Any]:
        return {name: total.to_dict() for name, total in self.stages.items()}


class VersionStatistics:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows, self._last = 0, 0.0
        self._success, self._fail, self._queue = TotalTime(), TotalTime(), TotalTime()
        self._all, self._by_size = _Batches(), dict[int, _Batches]()
        self._faults, self._calls = 0, [0] * BUCKETS
        self._earlier = AnswerTally()

    def executed(self, rows: int, infer: float, compute_input: float = 0.0, compute_output: float = 0.0) -> None:
        """The model was called once, with so many rows; the time of each stage in seconds."""
        taken = (compute_input, infer, compute_output)
        with self._lock:
            self._all.add(taken)
            self._by_size.setdefault(_size(rows), _Batches()).add(taken)
            self._calls[bucket(infer / rows)] += 1

    def queued(self, seconds: float, requests: int = 1) -> None:
        """Requests waited so long, all together, until their batch was begun."""
        with self._lock:
            self._queue.add(seconds, requests)

    def answered(self, rows: int, seconds: float, now: float, requests: int = 1) -> None:
        """Requests were answered, so many seconds, all together, after they arrived."""
        with self._lock:
            self._rows, self._last = self._rows + rows, now
            self._success.add(seconds, requests)

    def failed(self, seconds: float, requests: int = 1, faults: int = 0) -> None:
        """Requests were not answered, so many of them by a fault of the model (`is_fault`)."""
        with self._lock:
            self._fail.add(seconds, requests)
            self._faults += faults

    def go_on_from(self, earlier: AnswerTally) -> None:
        """Count on from what the version was counted to have answered when it was loaded before."""
        with self._lock:
            self._earlier = earlier

    def tally(self) -> AnswerTally:
        """What a champion is compared with the version before it by."""
        with self._lock:
            return self._earlier + AnswerTally(self._success.count, self._faults, tuple(self._calls))

    def counted(self) -> dict[str, Any]:
        """As Triton's statistics extension has it, without the name and the version."""
        with self._lock:
            named = {"success": self._success, "fail": self._fail, "queue": self._queue}
            none = {"cache_hit": TotalTime().to_dict(), "cache_miss": TotalTime().to_dict()}
            return {
                "last_inference": round(self._last * 1000),
                "inference_count": self._rows,
                "execution_count": self._all.stages["compute_infer"].count,
                "inference_stats": {
                    **{name: total.to_dict() for name, total in named.items()},
                    **self._all.to_dict(),
                    **none,
                },
                "batch_stats": [
                    {"batch_size": size, **batches.to_dict()} for size, batches in sorted(self._by_size.items())
                ],
            }


def is_fault(error: BaseException) -> bool:
    """Whether the model raised it, and not a check of the input, the log or a server that is busy."""
    return isinstance(error, ImportedModelFailed | ModelFailed) or not isinstance(error, ArgosyError)


def _size(rows: int) -> int:
    return rows if rows <= EXACT_SIZES else 1 << (rows - 1).bit_length()
