"""A job: one row, whose state only ever moves along these arrows.

    queued ─► running ─► done
      ▲  ▲       │  └──► failed ──┐
      │  └───────┘ (lost, released, to be tried again)
      └────────── submitted again ◄── failed, cancelled

Cancelling takes a job from `queued` or `running` to `cancelled`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from argosy.database.database import Row


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Job:
    """A row of `jobs` as it was when it was read."""

    id: int
    kind: str
    label: str
    payload: dict[str, Any]
    requires: dict[str, str]
    state: JobState
    token: int
    owner: str | None
    lease_until: float | None
    failures: int
    losses: int
    result: dict[str, Any] | None
    error: str | None
    traceback: str | None
    submitted_at: float
    started_at: float | None
    finished_at: float | None


COLUMNS = ", ".join(Job.__dataclass_fields__)


def job_of(row: Row) -> Job:
    """A job from `SELECT COLUMNS`."""
    named = dict(zip(Job.__dataclass_fields__, row, strict=True))
    for column in ("payload", "requires", "result"):
        named[column] = None if named[column] is None else msgspec.json.decode(named[column])
    return Job(**{**named, "state": JobState(named["state"])})


@dataclass(frozen=True)
class Lease:
    """The right to finish a job, for as long as nobody else was given it: `token` fences off the others."""

    job: Job
    token: int
    owner: str
    seconds: float
