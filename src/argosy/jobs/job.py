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
from typing import Any, NamedTuple

import msgspec

from argosy.database.database import Row
from argosy.errors import RowUnreadable


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
    priority: int = 0
    fit: str = ""
    """Names the adapter fit that it uses; empty: none."""
    unreadable: str = ""
    """Why the row cannot be read, for which it is taken as failed; empty for every sound one."""


_NAMES = tuple(name for name in Job.__dataclass_fields__ if name != "unreadable")
COLUMNS = ", ".join(_NAMES)
REQUIRES = _NAMES.index("requires")
"""Where such a row has what its job requires, as JSON."""


def job_of(row: Row) -> Job:
    """A job from `SELECT COLUMNS`. A row that cannot be read is a failed job, which stands in no other job's way."""
    named = dict(zip(_NAMES, row, strict=True))
    try:
        for column in ("payload", "requires", "result"):
            named[column] = None if named[column] is None else msgspec.json.decode(named[column])
        return msgspec.convert(named, Job)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        return _unreadable(named, error)


def _unreadable(named: dict[str, Any], error: Exception) -> Job:
    name = str(named["label"])
    problem = str(RowUnreadable("jobs", name, str(error), "submit it again"))
    return Job(
        id=named["id"],
        kind=str(named["kind"]),
        label=name,
        payload={},
        requires={},
        state=JobState.FAILED,
        token=0,
        owner=None,
        lease_until=None,
        failures=0,
        losses=0,
        result=None,
        error=problem,
        traceback=None,
        submitted_at=0.0,
        started_at=None,
        finished_at=None,
        unreadable=problem,
    )


def payload_value(payload: str, name: str) -> Any:
    """What a payload that was not read yet has under a name; None where it has nothing, or cannot be read."""
    try:
        return msgspec.json.decode(payload, type=dict).get(name)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError):
        return None


class LeaseKey(NamedTuple):
    """Names one lease of one job."""

    job_id: int
    token: int


@dataclass(frozen=True)
class Lease:
    """The right to finish a job, until another worker gets it: `token` fences off older leases."""

    job: Job
    token: int
    owner: str
    seconds: float

    @property
    def key(self) -> LeaseKey:
        return LeaseKey(self.job.id, self.token)
