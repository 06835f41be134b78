"""What the client's log says: who answered what, how fast, and what failed."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Answers:
    """Requests in the order they were made, as the client wrote them down."""

    requests: list[dict]

    def __len__(self) -> int:
        return len(self.requests)

    @property
    def failed(self) -> int:
        return sum(request["status"] != 200 for request in self.requests)

    def by(self, version: int) -> Answers:
        return Answers([request for request in self.requests if request.get("version") == version])

    def latest_answers(self) -> dict[int, str]:
        """The document's number to the last answer it got."""
        return {request["document"]: request["answer"] for request in self.requests if "answer" in request}

    def latest_ids(self) -> dict[int, str]:
        """The document's number to the id of its last prediction."""
        return {r["document"]: r["prediction_id"] for r in self.requests if "prediction_id" in r}

    def swap(self, version: int, moved_at: float, around: float = 1.0) -> tuple[float, float, float]:
        """Seconds from the alias's move to the version's first answer; p99 in ms well before the move, at rest,
        and within `around` seconds of that first answer."""
        first = self.by(version).requests[0]["at"]
        rest = [r["ms"] for r in self.requests[50:] if r["at"] < self.requests[0]["at"] + 5]
        near = [r["ms"] for r in self.requests if abs(r["at"] - first) <= around]
        return first - moved_at, p99(rest), p99(near)


def read_answers(log: Path) -> Answers:
    """The whole lines of the log so far."""
    if not log.exists():
        return Answers([])
    lines = log.read_text("utf-8").split("\n")[:-1]
    return Answers([json.loads(line) for line in lines])


def p99(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=100)[-1]
