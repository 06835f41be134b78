"""Which steps made a file, from which files, and what was made of one. No text of a file or of a log is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from argosy.database import Transaction
from argosy.steps import runs
from argosy.steps.runs import StepRun
from argosy.steps.task import StepFile, Task
from argosy.store.kept import kept_files, labels_keeping

MOST_RUNS: Final = 200
"""That are gone back to."""


@dataclass(frozen=True)
class StepOrigin:
    """A run of a step that made a file, or an input of one that did."""

    run: str
    """`clean@3`."""
    label: str
    command: str
    """The digest of the command, with its image and its variables."""
    output: str
    output_digest: str
    inputs: list[StepFile]
    code: list[StepFile]
    after: str | None
    """The run whose output it took, `clean@3`; None where it took files."""
    worker: str | None
    ended_at: float | None
    took: float | None


def step_origins(transaction: Transaction, digests: Iterable[str]) -> list[StepOrigin]:
    """The runs that put out files of those digests, and those before them, the last first."""
    found: dict[str, StepRun] = {}
    newest = runs.makers(transaction, digests)
    while newest and len(found) < MOST_RUNS:
        found.update((run.label, run) for run in reversed(newest))
        before = {run.after for run in newest if run.after} - found.keys()
        newest = runs.runs_among(transaction, before)
    references = {run.label: run.reference for run in found.values()}
    return [_origin(transaction, run, references.get(run.after)) for run in found.values()]


def made_of(transaction: Transaction, digest: str) -> set[str]:
    """The digests of all that steps put out of a file, and of that again."""
    made: set[str] = set()
    newest = {digest}
    while newest:
        labels = labels_keeping(transaction, "input", newest)
        newest = {run.output for run in runs.runs_among(transaction, labels) if run.output} - made - {digest}
        made |= newest
    return made


def command_digest(task: Task) -> str:
    said = msgspec.json.encode([task.command, task.image, task.env], order="sorted")
    return hashlib.sha256(said).hexdigest()


def _origin(transaction: Transaction, run: StepRun, after: str | None) -> StepOrigin:
    files = kept_files(transaction, run.label)
    inputs, code = (
        [StepFile(file.name, file.digest, file.size_bytes) for file in files if file.kind == kind]
        for kind in ("input", "code")
    )
    return StepOrigin(
        run.reference,
        run.label,
        command_digest(run.task),
        run.task.output,
        run.output or "",
        inputs,
        code,
        after,
        run.worker,
        run.ended_at,
        run.took,
    )
