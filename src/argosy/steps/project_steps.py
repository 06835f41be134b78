"""`project.steps`: what a user does with steps."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final

from argosy.backends import Backends
from argosy.definitions.steps import Step, parse_steps
from argosy.errors import JobNotFound, nearest
from argosy.jobs.job import Job
from argosy.jobs.queue import URGENT
from argosy.paths import private_file
from argosy.steps import runs
from argosy.steps.keeping import prune_steps
from argosy.steps.looking import OPEN, Looking, Sighting
from argosy.steps.runs import StepRun
from argosy.store.kept import kept_files

LOOK_SECONDS: Final = 0.3
LISTED_RUNS: Final = 50


@dataclass(frozen=True)
class StepStatus:
    """A step and its newest run, if there is any; `output` is that of the newest run that has one."""

    step: str
    run: StepRun | None
    output: StepRun | None
    state: str
    """Of the newest run's job: queued, running, done, failed, cancelled; `never run`."""
    error: str
    since: float | None
    """When it came into that state."""
    inputs: int
    """How many files the newest run was given."""
    input_bytes: int


class ProjectSteps:
    """Steps as `argosy.yaml` has them. Where no step is named, all are meant."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._steps = parse_steps(backends.settings.steps)

    def run(
        self, step: str = "", processes: int = 1, report: Callable[[Sighting], None] = lambda _: None
    ) -> list[Sighting]:
        """Run a step, and those that it takes its input from before, by workers of this process; returns at the end.

        What was run on the same inputs already is not run again, but for what has failed. `report` is called when the
        state of one changes. Raises JobNotFound, JobFailed where the workers were asked to finish.
        """
        from argosy.worker_processes import run_until

        chosen, looking = self._chosen(step), Looking.of(self._backends)
        asked: set[str] = set()
        found: dict[str, Sighting] = {}
        looked_at = float("-inf")

        def is_over() -> bool:
            nonlocal found, looked_at
            if time.monotonic() - looked_at >= LOOK_SECONDS:
                before, found = found, looking.look(chosen, priority=URGENT, again=lambda label: label not in asked)
                asked.update(one.label for one in found.values())
                for one in found.values():
                    if (one.label, one.state) != _place(before.get(one.step)):
                        report(one)
                looked_at = time.monotonic()
            return not any(one.state in OPEN for one in found.values())

        if not is_over():
            run_until(self._backends, is_over, processes)
        return list(found.values())

    def status(self, step: str = "") -> list[StepStatus]:
        """Each step and its newest run; raises JobNotFound."""
        return [self._status(name) for name in ([step] if self._known(step) else self._steps)]

    def runs(self, step: str) -> list[StepRun]:
        """The newest runs of a step, newest first; raises JobNotFound."""
        self._known(step)
        with self._backends.database.read() as transaction:
            return runs.runs(transaction, step, LISTED_RUNS)

    def log(self, reference: str) -> str:
        """What the newest attempt of the newest run printed, or of one run such as `clean@3`; raises JobNotFound."""
        with self._backends.database.read() as transaction:
            run = runs.run_named(transaction, reference)
            logs = [file for file in kept_files(transaction, run.label) if file.kind == "log"]
        if not logs:
            job = self._job(run.label)
            raise JobNotFound(f"{run.reference} has no log{f': it is {job.state.value}' if job else ''}")
        return self._backends.artifacts.fetch(logs[-1].digest).read_text("utf-8")

    def write_output(self, reference: str, to: str | PathLike[str]) -> tuple[StepRun, Path]:
        """Copy the newest output, or one such as `clean@3`, to a file or into a folder; where it is now.

        Raises JobNotFound.
        """
        with self._backends.database.read() as transaction:
            run = runs.run_named(transaction, reference, with_output=True)
        source = self._backends.artifacts.fetch(run.output or "")
        target = Path(to) / run.task.output if Path(to).is_dir() else Path(to)
        with private_file(target) as file, source.open("rb") as reader:
            shutil.copyfileobj(reader, file)
        return run, target

    def prune(self, step: str = "", with_lineage: bool = False) -> tuple[list[StepRun], list[StepRun]]:
        """Let go of the outputs that are older than `keep` says: those that went, and those that stay.

        What stays is what examples were imported from, unless `with_lineage`. Raises JobNotFound.
        """
        chosen = {step: self._steps[step]} if self._known(step) else self._steps
        return prune_steps(self._backends.database, self._backends.queue, chosen, with_lineage)

    def cancel(self, step: str) -> str:
        """Cancel the run of a step that is queued or running; its label. Raises JobNotFound where none is."""
        self._known(step)
        with self._backends.database.write() as transaction:
            run = runs.newest_run(transaction, step)
            if run is None or not self._backends.queue.cancel(transaction, run.label):
                raise JobNotFound(f"no run of '{step}' is queued or running")
        return run.label

    def _chosen(self, step: str) -> Mapping[str, Step]:
        """The step and what comes before it, in their order."""
        if not self._known(step):
            return self._steps
        names = {step}
        for name in reversed(self._steps):
            if name in names:
                names.add(self._steps[name].after)
        return {name: one for name, one in self._steps.items() if name in names}

    def _known(self, step: str) -> bool:
        """Whether one is named; raises JobNotFound where there is none of that name."""
        if step and step not in self._steps:
            there_are = f"{nearest(step, self._steps)}; there are: {', '.join(self._steps) or 'none'}"
            raise JobNotFound(f"argosy.yaml has no step '{step}'{there_are}")
        return bool(step)

    def _status(self, step: str) -> StepStatus:
        with self._backends.database.read() as transaction:
            run, output = runs.newest_run(transaction, step), runs.newest_output(transaction, step)
            given = kept_files(transaction, run.label) if run else []
        inputs = [file.size_bytes for file in given if file.kind == "input"]
        job = self._job(run.label) if run else None
        state = job.state.value if job else "done" if run else "never run"
        since = (job.finished_at or job.started_at or job.submitted_at) if job else run.ended_at if run else None
        return StepStatus(step, run, output, state, (job and job.error) or "", since, len(inputs), sum(inputs))

    def _job(self, label: str) -> Job | None:
        try:
            return self._backends.queue.get(label)
        except JobNotFound:
            return None


def _place(sighting: Sighting | None) -> tuple[str, str]:
    return (sighting.label, sighting.state) if sighting else ("", "")
