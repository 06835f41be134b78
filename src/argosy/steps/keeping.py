"""Outputs of steps that are older than `keep` says: which go, and which stay since examples were imported from them.

An output goes with its whole run: its inputs, its log and its row. The newest of a step stays, as do what any
machine's look found last and the one of the highest number. Files go with the store's next collection.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from argosy.database import Database, Transaction
from argosy.datasets.imports import imported_digests
from argosy.definitions.steps import Step, StepKeep
from argosy.jobs.queue import Queue
from argosy.plurals import plural
from argosy.steps import runs
from argosy.steps.runs import StepRun
from argosy.store.kept import forget_files
from argosy.telemetry import logger

EVERY_SECONDS: Final = 600.0
MOST_AT_ONCE: Final = 500
_log = logger("argosy.steps")


@dataclass(frozen=True)
class OverdueRuns:
    """Runs whose outputs are older than they are kept, the oldest first."""

    free: list[StepRun] = field(default_factory=list)
    in_lineage: list[StepRun] = field(default_factory=list)
    """Examples were imported from what they put out, or from what was made of that."""


def is_overdue(keep: StepKeep, place: int, ended_at: float, now: float) -> bool:
    """Of the output at that place, 0 being the newest. Pure."""
    if place == 0:
        return False
    if keep.versions is not None:
        return place >= keep.versions
    return keep.seconds is not None and ended_at < now - keep.seconds


def overdue_runs(transaction: Transaction, steps: Mapping[str, Step]) -> OverdueRuns:
    """Of steps that say how long they keep."""
    found, now = OverdueRuns(), transaction.now()
    old: list[StepRun] = []
    for step in steps.values():
        if step.keep is not None:
            looked = runs.looked_from_anywhere(transaction, step.name)
            made = runs.runs_with_output(transaction, step.name)
            highest = max((one.number for one in made), default=0)  # it stays too: no number is given out twice
            late = [one for place, one in enumerate(made) if is_overdue(step.keep, place, one.ended_at or now, now)]
            old += [one for one in reversed(late) if one.label not in looked and one.number != highest]
    used = _used_in_lineage(transaction) if old else set()
    for run in old:
        (found.in_lineage if run.label in used else found.free).append(run)
    return found


def _used_in_lineage(transaction: Transaction) -> set[str]:
    """The labels of runs from whose outputs examples were imported, and of those that they took their input from."""
    used: set[str] = set()
    newest = runs.makers(transaction, imported_digests(transaction))
    while newest:
        used.update(run.label for run in newest)
        newest = runs.runs_among(transaction, {run.after for run in newest if run.after} - used)
    return used


def let_go(transaction: Transaction, queue: Queue, found: Collection[StepRun]) -> list[StepRun]:
    """Forget those runs with all that is kept for them, but one that runs again; call `hold_steps` before."""
    gone = [run for run in found if queue.forget(transaction, run.label)]
    labels = [run.label for run in gone]
    forget_files(transaction, labels)
    runs.forget_runs(transaction, labels)
    return gone


def prune_steps(
    database: Database, queue: Queue, steps: Mapping[str, Step], with_lineage: bool = False
) -> tuple[list[StepRun], list[StepRun]]:
    """Let go of what is overdue; what went, and what stays since a lineage names it. `with_lineage`: that too."""
    gone: list[StepRun] = []
    while True:
        with database.write() as transaction:
            runs.hold_steps(transaction)
            found = overdue_runs(transaction, steps)
            wanted = [*found.free, *(found.in_lineage if with_lineage else ())]
            some = let_go(transaction, queue, wanted[:MOST_AT_ONCE])
        gone += some
        if not some or len(wanted) <= MOST_AT_ONCE:
            return gone, [] if with_lineage else found.in_lineage


def log_pruned(gone: Collection[StepRun], stays: Collection[StepRun]) -> None:
    """What a worker deleted, in a line."""
    if gone:
        kept = f"; {plural(len(stays), 'other')} stay for lineage: see argosy steps prune" if stays else ""
        _log.info("%s of steps deleted by age or number%s", plural(len(gone), "output"), kept)
