"""The handler of `step` jobs: files from the store into a fresh folder, the command, its output into the store."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.datasets.file_options import Columns, FileOptions
from argosy.definitions.steps import StepImport, StepLimits
from argosy.errors import ArgosyError, JobFailed, JobInterrupted, LeaseLost, Outage
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.runner import Outcome
from argosy.paths import make_private_folder, within
from argosy.steps import runs
from argosy.steps.command_line import ENGINES, RunFolder, command_line, contained, own_variables, removal, variables
from argosy.steps.execution import execute, size_of
from argosy.steps.log_text import BoundedLog
from argosy.steps.runs import StepRun
from argosy.steps.task import StepEnded
from argosy.store.kept import KeptFile, PutFile, keep_files, kept_files


class StepJob:
    """Runs one job after another; it holds nothing between them."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        with self._backends.database.read() as transaction:
            run = runs.run_of(transaction, job.label)
            files = kept_files(transaction, job.label)
        if run is None:
            raise StepEnded("the run of this job is no longer recorded: argosy steps run")
        log = BoundedLog()
        with tempfile.TemporaryDirectory(prefix="argosy-step-", ignore_cleanup_errors=True) as name:
            folder = RunFolder(Path(name).resolve())
            try:
                return self._run(job, guard, run, files, folder, log)
            except (LeaseLost, JobInterrupted, Outage):
                raise
            except (ArgosyError, OSError) as error:
                self._keep_log(job, guard, folder, log)
                if isinstance(error, JobFailed) and job.failures >= int(job.payload.get("retries", 0)):
                    raise StepEnded(str(error)) from None
                raise

    def _run(
        self, job: Job, guard: LeaseGuard, run: StepRun, files: list[KeptFile], folder: RunFolder, log: BoundedLog
    ) -> Outcome:
        self._fill(folder, run, files)
        limits = msgspec.convert(job.payload["may_take"], StepLimits)
        began = time.monotonic()
        self._execute(guard, run, [file.name for file in files if file.kind == "input"], folder, limits, log)
        output = _checked_output(folder.output / run.task.output, limits)
        if run.task.imported is not None:
            self._import(output, msgspec.convert(run.task.imported, StepImport))
        took = time.monotonic() - began
        put = self._backends.store.put_artifact(output)
        kept = [PutFile("output", run.task.output, put), self._put_log(guard, folder, log)]

        def record(transaction: Transaction) -> None:
            keep_files(transaction, job.label, kept)
            runs.put_out(transaction, job.label, guard.lease.owner, took, put.digest, put.size_bytes)

        return Outcome({"step": run.reference, "output": put.digest, "bytes": put.size_bytes, "took": took}, record)

    def _fill(self, folder: RunFolder, run: StepRun, files: list[KeptFile]) -> None:
        for part in (folder.work, folder.inputs, folder.output, folder.temporary):
            make_private_folder(part)
        for file in files:
            if file.kind in ("input", "code"):
                target = within(folder.inputs if file.kind == "input" else folder.work, file.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._backends.artifacts.fetch(file.digest), target)
                if file.kind == "code" and file.name in run.task.executables:
                    target.chmod(0o700)

    def _execute(
        self,
        guard: LeaseGuard,
        run: StepRun,
        inputs: list[str],
        folder: RunFolder,
        limits: StepLimits,
        log: BoundedLog,
    ) -> None:
        own = own_variables(run.step, run.task, folder)
        words = command_line(run.task, folder, inputs)
        environment = variables(os.environ, own, str(Path(sys.executable).parent), bool(run.task.image))
        then: list[str] = []
        if run.task.image:
            engine, name = _engine(environment), f"argosy-{run.label}-{guard.lease.token}"
            user = f"{os.getuid()}:{os.getgid()}"
            words = contained(engine, name, run.task.image, words, folder, own, limits.memory, user)
            then = removal(engine, name)
            limits = replace(limits, memory=None)  # the engine's own processes do not count
        else:
            words[0] = _program(words[0], folder.work, environment)
        output = folder.output / run.task.output
        code = execute(words, environment, folder.root, output, limits, log, guard.check, then)
        if code:
            ended = f"was killed by signal {code - 128}" if code > 128 else f"ended with exit code {code}"
            raise JobFailed(f"its command {ended}: argosy steps log {run.reference}")

    def _import(self, output: Path, imported: StepImport) -> None:
        """Existing rows are not added again, so that a run may be repeated."""
        settings = self._backends.settings
        columns = Columns(
            imported.text,
            imported.label,
            imported.seen_at,
            imported.subject,
            None,
            imported.split,
            None,
            tuple(imported.fields),
        )
        collection = imported.collection or settings.collection
        self._backends.examples.import_file(collection, output, FileOptions(columns), settings.conflicts)

    def _put_log(self, guard: LeaseGuard, folder: RunFolder, log: BoundedLog) -> PutFile:
        path = folder.root / "log"
        path.write_text(log.text(), "utf-8")
        return PutFile("log", f"{guard.lease.token:06d}", self._backends.store.put_artifact(path))

    def _keep_log(self, job: Job, guard: LeaseGuard, folder: RunFolder, log: BoundedLog) -> None:
        """Of an attempt that failed; what it failed for is said even where its log cannot be kept."""
        if guard.is_lost:
            return
        with suppress(ArgosyError, OSError):
            kept = self._put_log(guard, folder, log)
            with self._backends.database.write() as transaction:
                keep_files(transaction, job.label, [kept])


def _program(word: str, work: Path, environment: Mapping[str, str]) -> str:
    """Where the program is; raises StepEnded."""
    if "/" in word:
        path = Path(os.path.normpath(work / word))
        found = str(path) if os.access(path, os.X_OK) and path.is_file() else None
    else:
        found = shutil.which(word, path=environment["PATH"])
    if not found:
        if "/" in word and (work / word).is_file():
            raise StepEnded(f"its program '{word}' is not executable: chmod +x {word}")
        raise StepEnded(f"its program '{word}' is not on this worker's machine: install it there, or name an image")
    return found


def _engine(environment: Mapping[str, str]) -> str:
    found = next(filter(None, (shutil.which(engine, path=environment["PATH"]) for engine in ENGINES)), None)
    if found is None:
        raise StepEnded(f"it has an image, and none of {', '.join(ENGINES)} is installed on the machine of this worker")
    return found


def _checked_output(path: Path, limits: StepLimits) -> Path:
    """The output file; raises StepEnded if it cannot be kept."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        raise StepEnded(
            f"its command succeeded without an output: it must write the file {{output}}, here {path.name}"
        ) from None
    if not stat.S_ISREG(mode):
        what = "a folder: write an archive" if stat.S_ISDIR(mode) else "no file: links and pipes are not kept"
        raise StepEnded(f"its output {path.name} is {what}")
    exceeded = limits.exceeded(0.0, 0, size_of(path))
    if exceeded:
        raise StepEnded(exceeded)
    return path
