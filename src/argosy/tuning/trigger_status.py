"""The state of the triggers of plans, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from argosy.backends import Backends
from argosy.clock import format_time
from argosy.database import Transaction
from argosy.datasets.imports import count_newer, newest_revision
from argosy.definitions.plan_triggers import ExamplesTrigger, FilesTrigger, ScheduleTrigger
from argosy.errors import JobNotFound
from argosy.jobs.job import Job
from argosy.tuning.plan_triggers import PlanTriggers, RegisteredTrigger, registered_triggers
from argosy.tuning.trigger_files import BrokenFile, FileState, broken_files, count_files

SHOWN_BROKEN: Final = 5


@dataclass(frozen=True)
class TriggerStatus:
    """One trigger. Times are the database's."""

    plan: str
    trigger: str
    """In words."""
    next: str
    """What it waits for, in words."""
    next_at: float | None
    """Of a schedule."""
    fired_at: float | None
    reason: str
    """Of the last time that it fired."""
    is_firing: bool
    """Its job is queued or running."""
    problem: str
    paused_at: float | None
    files: Mapping[str, int]
    """How many there are, by what became of them."""
    broken: tuple[BrokenFile, ...]
    """The newest of those that were not imported."""

    @property
    def fired(self) -> str:
        """When it last fired, in words; empty: never."""
        return "" if self.fired_at is None else format_time(round(self.fired_at))

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For people; the first is the trigger's, the others are about it."""
        found = [f"{self.trigger}: {self.next}"]
        if self.fired_at is not None:
            now = ", under way" if self.is_firing else ""
            found.append(f"last fired {self.fired}{now}: {self.reason}")
        if self.problem:
            found.append(f"problem: {self.problem}")
        if self.files:
            found.append("files: " + ", ".join(f"{count:,} {state}" for state, count in self.files.items()))
        found += [f"not imported: {one.place}/{one.path}: {one.problem}" for one in self.broken]
        more = self.files.get(FileState.BROKEN, 0) - len(self.broken)
        return [*found, f"… and {more:,} more"] if more > 0 else found


def trigger_statuses(backends: Backends, plan: str = "") -> list[TriggerStatus]:
    """Those of a plan, or of all plans."""
    with backends.database.read() as transaction:
        found = registered_triggers(transaction, plan, paused=True)
    jobs = [_job(backends, one) for one in found]
    with backends.database.read() as transaction:
        return [_status(backends, transaction, one, job) for one, job in zip(found, jobs, strict=True)]


def _status(backends: Backends, transaction: Transaction, one: RegisteredTrigger, job: Job | None) -> TriggerStatus:
    paused_at = PlanTriggers(backends.database).paused_at(transaction, one.plan)
    is_open = job is not None and not job.state.is_final
    waits = _waits_for(backends, transaction, one)
    return TriggerStatus(
        one.plan,
        "unknown" if one.trigger is None else str(one.trigger),
        waits[0] if paused_at is None else f"paused since {format_time(round(paused_at))}",
        waits[1],
        one.fired_at,
        one.reason,
        is_open,
        (job.error if job else "") or one.problem,
        paused_at,
        count_files(transaction, one.key),
        tuple(broken_files(transaction, one.key, SHOWN_BROKEN)),
    )


def _waits_for(backends: Backends, transaction: Transaction, one: RegisteredTrigger) -> tuple[str, float | None]:
    trigger = one.trigger
    if trigger is None:
        return "another Argosy wrote it: this one cannot read it", None
    if isinstance(trigger, ScheduleTrigger):
        try:
            due = trigger.schedule.after(one.settled_until)
            return (f"next {trigger.schedule.wall_clock(due)}", due) if due is not None else ("never again", None)
        except (KeyError, OSError, ValueError):
            return f"the time zone {trigger.schedule.zone} is not known here", None
    if isinstance(trigger, ExamplesTrigger):
        if not newest_revision(transaction, trigger.collection):
            return f"no collection is called '{trigger.collection}' yet", None
        newer = count_newer(transaction, trigger.collection, one.newest_revision, trigger.every)
        return f"{newer:,} of {trigger.every:,} came", None
    folder = _folder(trigger)
    is_there = (backends.root / folder).is_dir()
    return ("waits for files" if is_there else f"waits for the folder {folder}, which is not on this machine"), None


def _folder(trigger: FilesTrigger) -> str:
    """As much of the pattern as names a folder."""
    parts = trigger.pattern.split("/")[:-1]
    plain = next((at for at, part in enumerate(parts) if any(letter in part for letter in "*?[")), len(parts))
    return "/".join(parts[:plain]) or "."


def _job(backends: Backends, one: RegisteredTrigger) -> Job | None:
    try:
        return backends.queue.get(one.job)
    except JobNotFound:
        return None
