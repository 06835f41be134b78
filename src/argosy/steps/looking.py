"""Checks a project's steps for new inputs, and requests a run of the step on each.

The files are those of the project's folder on this machine. They are put into the artifact store before the run is
asked for, so that any worker can run it, on what they were at that moment. Of looks at the same time, from whichever
machines, one asks and the others find that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.backends import Backends
from argosy.database import Database, Transaction
from argosy.definitions.steps import Step
from argosy.errors import RowUnreadable
from argosy.jobs.queue import Queue, states
from argosy.jobs.workers import place_of_project
from argosy.steps import runs
from argosy.steps.files import Digests, FoundFile, code_files, found_files
from argosy.steps.task import StepEnded, StepFile, Task, decide, label_of_run, task_of
from argosy.store.kept import PutFile, keep_files
from argosy.store.removals import last_finished_removal
from argosy.store.store import Store
from argosy.store.trained import PutArtifact

KIND: Final = "step"
SETTLED_SECONDS: Final = 2.0
"""A file that was changed less than that ago is taken to be on its way still."""
WAITS, OPEN, ENDED = "waits", ("queued", "running"), ("failed", "cancelled")


@dataclass(frozen=True)
class Sighting:
    """What a look found of one step."""

    step: str
    label: str = ""
    """Of the run for what its inputs are; empty where there is none yet."""
    state: str = WAITS
    """Of that run's job; `waits` without one."""
    why: str = ""
    """It waits."""
    is_new: bool = False
    """This look has asked for the run."""


@dataclass(frozen=True)
class _Wanted:
    """A run for what a step's inputs are now."""

    label: str
    task: Task
    inputs: list[StepFile]
    code: list[StepFile]
    after: str
    paths: Mapping[str, Path]
    """Where the files are here, by digest; one that is not is in the artifact store already."""


class _Waits(Exception):
    """There is nothing to run the step on; the message says why."""


class Looking:
    """Looks of one process; files that have not changed in between are not read again. One thread."""

    def __init__(self, root: Path, database: Database, store: Store, queue: Queue) -> None:
        self._root, self._database, self._store, self._queue = root, database, store, queue
        self._place, self._digests = place_of_project(root), Digests()

    @classmethod
    def of(cls, backends: Backends) -> Looking:
        return cls(backends.root, backends.database, backends.store, backends.queue)

    def look(
        self,
        steps: Mapping[str, Step],
        now: float | None = None,
        priority: int = 0,
        again: Callable[[str], bool] = lambda _: False,
    ) -> dict[str, Sighting]:
        """Look at steps in the order that they are given in, those that others wait for first.

        With `now`, files that were changed just before are left for a later look. `again` says of a label, whose run
        has failed or was cancelled, whether it is asked for once more. Raises as the artifact store does.
        """
        found: dict[str, Sighting] = {}
        for step in steps.values():
            try:
                before = found.get(step.after)
                if before is not None and before.state != "done":
                    raise _Waits(f"{before.step} is {before.state}" if before.label else f"{before.step} waits")
                wanted = self._wanted(step, now)
                found[step.name] = self._ask(step, wanted, priority, again)
            except (_Waits, StepEnded, RowUnreadable) as why:
                found[step.name] = Sighting(step.name, why=str(why))
            except OSError as error:
                found[step.name] = Sighting(step.name, why=f"{error.filename}: {error.strerror}")
        return found

    def _wanted(self, step: Step, now: float | None) -> _Wanted:
        code = code_files(self._root, step.command, step.code, self._digests)
        here = code + (found_files(self._root, step.globs, self._digests) if step.globs else [])
        given = here[len(code) :]
        for file in here if now is not None else ():
            if abs((now or 0.0) - file.changed_at) < SETTLED_SECONDS:
                raise _Waits(f"{file.name} is being written")
        if step.globs and not given:
            raise _Waits(f"no file here is {' or '.join(step.globs)}")
        task = task_of(step, (file.name for file in code if file.is_executable))
        inputs, after = (_step_files(given), "") if step.globs else self._output_of(step.after)
        code_given = _step_files(code)
        label = label_of_run(step.name, task, inputs, code_given)
        return _Wanted(label, task, inputs, code_given, after, {file.digest: file.path for file in here})

    def _output_of(self, step: str) -> tuple[list[StepFile], str]:
        with self._database.read() as transaction:
            run = runs.newest_output(transaction, step)
        if run is None or run.output is None:
            raise _Waits(f"{step} has put nothing out")
        return [StepFile(run.task.output, run.output, run.output_bytes or 0)], run.label

    def _ask(self, step: Step, wanted: _Wanted, priority: int, again: Callable[[str], bool]) -> Sighting:
        with self._database.read() as transaction:
            if runs.looked(transaction, step.name, self._place) == wanted.label:
                state = _state(transaction, wanted.label)
                if not (state in ENDED and again(wanted.label)):
                    return Sighting(step.name, wanted.label, state)
            is_known = runs.run_of(transaction, wanted.label) is not None
        files = [] if is_known else self._put(wanted)
        payload = {"step": step.name, "retries": step.retries, "may_take": vars(step.limits)}
        with self._database.write() as transaction:
            runs.hold_steps(transaction)
            is_new = self._decide(transaction, step, wanted, files)
            runs.note_look(transaction, step.name, self._place, wanted.label)
            if is_new or (_state(transaction, wanted.label) in ENDED and again(wanted.label)):
                is_new = self._queue.submit(transaction, KIND, wanted.label, payload, priority=priority)
            return Sighting(step.name, wanted.label, _state(transaction, wanted.label), is_new=is_new)

    def _decide(self, transaction: Transaction, step: Step, wanted: _Wanted, files: list[PutFile]) -> bool:
        """Add the run, or make it the newest; whether it was added."""
        is_known = runs.run_of(transaction, wanted.label) is not None
        newest = runs.newest_run(transaction, step.name)
        looked = runs.looked(transaction, step.name, self._place)
        decision = decide(wanted.label, looked, newest.label if newest else "", is_known)
        if decision == "run":
            runs.add_run(transaction, wanted.label, step.name, wanted.task, wanted.after)
            keep_files(transaction, wanted.label, files)
        elif decision == "want":
            runs.want_run(transaction, wanted.label)
        return decision == "run"

    def _put(self, wanted: _Wanted) -> list[PutFile]:
        """Into the artifact store, what is not there; raises _Waits where a file has changed since it was checked."""
        return [
            *(PutFile("input", file.name, self._put_file(file, wanted.paths)) for file in wanted.inputs),
            *(PutFile("code", file.name, self._put_file(file, wanted.paths)) for file in wanted.code),
        ]

    def _put_file(self, file: StepFile, paths: Mapping[str, Path]) -> PutArtifact:
        if file.digest not in paths:  # what another step put out, for which it is kept
            with self._database.read() as transaction:
                return PutArtifact(file.digest, file.size_bytes, last_finished_removal(transaction))
        put = self._store.put_artifact(paths[file.digest])
        if put.digest != file.digest:
            raise _Waits(f"{file.name} is being written")
        return put


def _step_files(found: list[FoundFile]) -> list[StepFile]:
    return [StepFile(file.name, file.digest, file.path.stat().st_size) for file in found]


def _state(transaction: Transaction, label: str) -> str:
    return states(transaction, KIND, [label]).get(label, WAITS)
