"""Training a definition again, and comparing the artifact with the stored one bit for bit.

The child process runs the very handler that workers run, on the frozen rows, with the recorded thread counts, and
with an artifact store that keeps what it puts aside. Nothing of the project changes.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from argosy import processes
from argosy.backends import Backends
from argosy.errors import ArtifactCorrupt, ArtifactNotFound, JobFailed, JobNotFound, PluginNotFound, UserMistake
from argosy.evaluation.changes import Changed, changes, plugin_digests
from argosy.jobs.selection import trained_of
from argosy.plurals import plural
from argosy.store.kept_code import kept_code_of as code_kept
from argosy.subprocess_tasks import run_task
from argosy.types import Progress

if TYPE_CHECKING:
    from argosy.jobs.job import Job
    from argosy.store.trained import Trained
    from argosy.training.first_difference import Difference

NO_FOLDER: Final = Path("/nowhere")
"""In place of shared memory: a fit that another process made is not trained again."""


@dataclass(frozen=True)
class ErasedRow:
    """A row of the frozen dataset that was erased since."""

    revision_id: int
    part: str


@dataclass(frozen=True)
class Reproduction:
    """The result of training again; `difference` is the first one, None if there is none or nothing to compare with."""

    label: str
    identical: bool
    recorded: str
    """The digest of the artifact that was kept."""
    found: str
    """That of the new one; empty where training failed."""
    difference: Difference | None
    surroundings: list[Changed]
    erased: list[ErasedRow]
    rows: int
    """How many the frozen dataset had."""
    problem: str = ""
    """Why it could not be trained, or not be compared."""
    seconds: float = 0.0
    with_kept_code: bool = False
    """Whether the user's plug-ins are other ones here, so that it was trained with the code that was kept."""

    @property
    def summary(self) -> str:
        """In one line."""
        if self.identical:
            return f"identical: {self.label} came out again bit for bit ({self.recorded[:12]})"
        if self.erased:
            return f"not identical: {len(self.erased)} of the {self.rows:,} rows were erased since"
        if self.problem:
            return f"not identical: {self.problem}"
        what = f"the first difference: {self.difference}" if self.difference else "the bytes differ"
        return f"not identical: {what}"

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "summary": self.summary}


def reproduce(
    backends: Backends, reference: str, report_progress: Progress = lambda _: None, *, kept_code: bool = True
) -> Reproduction:
    """Train again what a label or a version names; raises VersionNotFound, ModelNotFound.

    Where the code of the user's plug-ins has changed, the code that was kept is used, unless the caller says otherwise.
    """
    started = time.monotonic()
    trained = trained_of(backends.plans, reference)
    erased, rows = _erased(backends, trained.dataset_digest)
    changed = environment_changes(backends, trained)
    found, difference, problem = "", None, ""
    report_progress(f"training {trained.label} again on {plural(rows - len(erased), 'row')}")
    with_kept_code = kept_code and _is_other_code(backends, trained.label)
    if with_kept_code:
        report_progress("with the code of plug-ins that was kept, since that of today is another")
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        try:
            threads = trained.environment.get("threads") or processes.single_threaded()
            request = {"label": trained.label, "folder": folder, "with_kept_code": with_kept_code}
            found = run_task(backends.root, "train_again", request, threads, report_progress)["artifact"]
        except (UserMistake, JobFailed) as error:
            problem = f"it could not be trained: {error}"
        if found and found != trained.artifact:
            difference, problem = _compare(backends, trained.artifact, Path(folder) / found[:2] / found)
    identical = found == trained.artifact
    seconds = time.monotonic() - started
    return Reproduction(
        trained.label,
        identical,
        trained.artifact,
        found,
        difference,
        changed,
        erased,
        rows,
        problem,
        seconds,
        with_kept_code,
    )


def _is_other_code(backends: Backends, label: str) -> bool:
    """Whether code was kept, and one of its plug-ins is missing here or another."""
    code = code_kept(backends.store, label)
    here: dict[str, str] = {}
    for name in code.plugins if code else ():
        kind, _, plugin = name.partition(".")
        with suppress(PluginNotFound):
            here[name] = backends.registries.of(kind).get(plugin).code_digest  # type: ignore[arg-type]  # as kept
    return code is not None and here != code.plugins


def environment_changes(backends: Backends, trained: Trained) -> list[Changed]:
    """What of packages, Python, platform and plug-ins is not as it was when the result was recorded."""
    from argosy.store.lineage import training_environment

    recorded = trained.environment
    here = training_environment(
        backends.root, plugin_digests(trained.definition, backends.registries), recorded.get("seed")
    )
    return changes(recorded, here)


def train_again(backends: Backends, request: Mapping[str, Any], report_progress: Progress) -> dict[str, str]:  # noqa: ARG001
    """In the child: run the job's handler, its artifact put into the request's folder; the artifact's digest."""
    from argosy.jobs.guard import LeaseGuard
    from argosy.jobs.job import Lease
    from argosy.models.component import under_edition
    from argosy.models.temperature import without_temperature
    from argosy.store.store import Store
    from argosy.training.shared_fits import SharedFits
    from argosy.training.train_job import Trainer

    code = code_kept(backends.store, request["label"]) if request["with_kept_code"] else None
    if code is None:
        backends.load_plugins()
    else:
        sources = Path(request["folder"]) / "code"
        code.unpack(sources)
        backends.load_plugins_of(sources, code.modules)
    job = _job(backends, backends.store.trained(request["label"]))
    aside: Any = _Aside(backends, Path(request["folder"]))
    store = Store(backends.database, aside)
    trainer = Trainer.of(backends, store, SharedFits(backends.root, memory=NO_FOLDER))
    edition, is_uncalibrated = _form(backends, request["label"])
    with under_edition(edition), without_temperature(is_uncalibrated):
        outcome = trainer.handle(job, LeaseGuard(Lease(job, 0, "reproduction", 0.0), threading.Event()))
    return {"artifact": outcome.result["artifact"]}


def _form(backends: Backends, label: str) -> tuple[int, bool]:
    """The newest edition in the artifact that was kept, and whether it has no calibration; of one not readable, any."""
    from argosy.models.artifact_format import read_artifact
    from argosy.models.component import edition_in

    try:
        header = read_artifact(backends.artifacts.fetch(backends.store.trained(label).artifact))[0]
    except (ArtifactNotFound, ArtifactCorrupt):
        return 1 << 31, False
    return edition_in(header), "calibration" not in header


class _Aside:
    """The project's artifact store, but for what is put: that goes into a folder of its own."""

    def __init__(self, backends: Backends, folder: Path) -> None:
        self._kept = backends.artifacts
        self.put = backends.openers.artifacts(f"file:{folder}", backends.root).put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)


def _job(backends: Backends, trained: Trained) -> Job:
    """The job that made the result, or one like it."""
    from argosy.jobs.job import Job, JobState

    try:
        return backends.queue.get(trained.label)
    except JobNotFound:
        payload = {"definition": trained.definition, "dataset_digest": trained.dataset_digest, "parent": trained.parent}
        requires = dict(trained.environment.get("plugins", {}))
        queued = JobState.QUEUED
        nothing: list[Any] = [None] * 6
        return Job(0, "train", trained.label, payload, requires, queued, 0, None, None, 0, 0, *nothing)


def _erased(backends: Backends, digest: str) -> tuple[list[ErasedRow], int]:
    """The rows of a frozen dataset that are gone, and how many it had."""
    import numpy as np

    from argosy.datasets.frozen import frozen_content
    from argosy.datasets.membership import decode
    from argosy.datasets.provenance import collection_rows
    from argosy.datasets.split import PARTS

    with backends.database.read() as transaction:
        collection, data = frozen_content(transaction, digest)
        there = [row.revision_id for row in collection_rows(transaction, collection)]
    revision_ids, parts = decode(data)
    gone = np.flatnonzero(~np.isin(revision_ids, there))
    return [ErasedRow(int(revision_ids[at]), PARTS[parts[at]].value) for at in gone], len(revision_ids)


def _compare(backends: Backends, recorded: str, path: Path) -> tuple[Difference | None, str]:
    """(the first difference, or why none can be found)."""
    try:
        kept = _state(backends.artifacts.fetch(recorded))
    except (ArtifactNotFound, ArtifactCorrupt) as error:
        return None, f"the bytes differ, and the artifact that was kept cannot be read: {error}"
    from argosy.training.first_difference import first_difference

    return first_difference(kept, _state(path)), ""


def _state(path: Path) -> Any:
    from argosy.models.artifact_format import read_artifact
    from argosy.models.packing import unpack

    header, arrays = read_artifact(path)
    return unpack(header, arrays.get)
