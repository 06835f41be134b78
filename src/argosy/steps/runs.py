"""The runs of steps, as the database knows them. What a run is given and puts out are files kept under its label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from argosy.database.database import Row, Transaction, in_lists
from argosy.errors import JobNotFound, RowUnreadable
from argosy.steps import statements as sql
from argosy.steps.task import Task

_REFERENCE: Final = re.compile(r"([^@]*)@([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class StepRun:
    """A step on one distinct input."""

    label: str
    """Of the job that runs it."""
    step: str
    number: int
    wanted: int
    task: Task
    after: str
    """The label of the run whose output it takes; empty: files."""
    asked_at: float
    worker: str | None
    """None, like what follows, until it has put something out."""
    took: float | None
    ended_at: float | None
    output: str | None
    """The digest of what it put out."""
    output_bytes: int | None

    @property
    def reference(self) -> str:
        """`clean@3`."""
        return f"{self.step}@{self.number}"


def hold_steps(transaction: Transaction) -> None:
    """No other transaction adds a run, or changes which is the newest, until this one ends."""
    transaction.lock("steps")


def add_run(transaction: Transaction, label: str, step: str, task: Task, after: str) -> None:
    """Call `hold_steps` before."""
    said = msgspec.json.encode(task).decode()
    row = {"label": label, "step": step, "task": said, "after": after, "now": transaction.now()}
    transaction.execute(sql.ADD, row)


def want_run(transaction: Transaction, label: str) -> None:
    """The run is for what the step's inputs are again. Call `hold_steps` before."""
    transaction.execute(sql.WANT, {"label": label})


def put_out(transaction: Transaction, label: str, worker: str, took: float, output: str, size: int) -> None:
    """The run has an output, whose file is kept under its label."""
    row = {"label": label, "worker": worker, "took": took, "output": output, "size": size, "now": transaction.now()}
    transaction.execute(sql.PUT_OUT, row)


def run_of(transaction: Transaction, label: str) -> StepRun | None:
    """The run of that label; None where there is none."""
    return _first(transaction.execute(sql.RUN, {"label": label}))


def newest_run(transaction: Transaction, step: str) -> StepRun | None:
    """The run for what the step's inputs were when they last changed."""
    return _first(transaction.execute(sql.NEWEST, {"step": step}))


def newest_output(transaction: Transaction, step: str) -> StepRun | None:
    """The newest run that has put something out."""
    return _first(transaction.execute(sql.NEWEST_OUTPUT, {"step": step}))


def runs(transaction: Transaction, step: str, most: int) -> list[StepRun]:
    """The newest runs, newest first."""
    return [_run(row) for row in transaction.execute(sql.RUNS, {"step": step, "most": most})]


def run_named(transaction: Transaction, reference: str, with_output: bool = False) -> StepRun:
    """The run of `clean@3`, or the newest of `clean`; raises JobNotFound."""
    found = _REFERENCE.fullmatch(reference)
    if found:
        run = _first(transaction.execute(sql.NUMBERED, {"step": found[1], "number": int(found[2])}))
    else:
        run = (newest_output if with_output else newest_run)(transaction, reference)
    if run is None:
        raise JobNotFound(f"there is no run '{reference}': 'argosy steps status' lists them")
    if with_output and run.output is None:
        raise JobNotFound(f"{run.reference} has no output: argosy steps log {run.reference}")
    return run


def makers(transaction: Transaction, digests: Iterable[str]) -> list[StepRun]:
    """The runs that put out files of those digests."""
    return [_run(row) for some in in_lists(digests) for row in transaction.execute(sql.MAKERS, {"digests": some})]


def runs_among(transaction: Transaction, labels: Iterable[str]) -> list[StepRun]:
    """Those of the labels that are runs."""
    return [_run(row) for some in in_lists(labels) for row in transaction.execute(sql.FOLLOWERS, {"labels": some})]


def runs_with_output(transaction: Transaction, step: str) -> list[StepRun]:
    """Those that have put something out, the one for what the inputs are now first."""
    return [_run(row) for row in transaction.execute(sql.WITH_OUTPUT, {"step": step})]


def forget_runs(transaction: Transaction, labels: Iterable[str]) -> None:
    """Call `hold_steps` before."""
    for some in in_lists(labels):
        transaction.execute(sql.FORGET, {"labels": some})


def looked_from_anywhere(transaction: Transaction, step: str) -> set[str]:
    """The labels that the last look from each place found."""
    return {str(label) for (label,) in transaction.execute(sql.LOOKED_AT, {"step": step})}


def looked(transaction: Transaction, step: str, place: str) -> str:
    """The label that the last look from that place found; empty: none."""
    rows = transaction.execute(sql.LOOKED, {"step": step, "place": place})
    return str(rows[0][0]) if rows else ""


def note_look(transaction: Transaction, step: str, place: str, label: str) -> None:
    transaction.execute(sql.LOOK, {"step": step, "place": place, "label": label})


def _first(rows: list[Row]) -> StepRun | None:
    return _run(rows[0]) if rows else None


def _run(row: Row) -> StepRun:
    label, step, number, wanted, task, *rest = row
    try:
        decoded = msgspec.json.decode(task, type=Task)
    except msgspec.MsgspecError as error:
        raise RowUnreadable("step_runs", str(label), str(error), "change an input, or the command") from None
    return StepRun(label, step, number, wanted, decoded, *rest)
