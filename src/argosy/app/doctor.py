"""`argosy doctor`: every backend, key and plug-in of a project looked at, each with what to do about it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from argosy.app.integrity import INTEGRITY, Finding, Seen
from argosy.errors import ArgosyError, message_of

if TYPE_CHECKING:
    from argosy.app.project import Project

LOW_BYTES = 1 << 30
RECENT_SECONDS = 86400.0
EXTRAS = {"word2vec": "gensim", "frames": "pandas"}


def examine(folder: str, is_quick: bool = False, seen: Seen = lambda *_: None) -> list[Finding]:
    """Look at everything, or quickly at a part; what cannot be looked at is a finding too."""
    from argosy.app.project import open_project

    try:
        project = open_project(folder)
    except ArgosyError as error:
        return [Finding("project", False, "cannot be opened", str(error))]
    findings = [Finding("project", True, f"{project.settings.name} in {project.root}")]
    for name, look in CHECKS.items():
        try:
            findings.append(Finding(name, True, look(project)))
        except (ArgosyError, OSError) as error:
            findings.append(Finding(name, False, "not well", str(error)))
    for name, check in INTEGRITY.items():
        try:
            findings.extend(check(project, is_quick, seen))
        except Exception as error:  # noqa: BLE001  # whatever a damaged project raises, the other checks go on
            findings.append(Finding(name, False, "could not be looked at", message_of(error)))
    return [*findings, *_extras(), *_room(project)]


def _database(project: Project) -> str:
    from argosy.database.migrations import newest

    with project.database.read() as transaction:
        rows = transaction.execute("SELECT count(*) FROM examples WHERE is_current = 1")
    return f"{project.settings.database}: schema {newest()}, {rows[0][0]:,} examples"


def _broker(project: Project) -> str:
    queued = project.broker.receive("doctor", 0.0)
    if queued is not None:
        queued.ack()
    project.broker.publish("doctor", b"{}")
    delivery = project.broker.receive("doctor", 5.0)
    if delivery is None or not delivery.ack():
        raise ArgosyError("a message that was published did not come back: is the broker reachable?")
    return f"{project.settings.broker or 'sqlite:'} delivers"


def _artifacts(project: Project) -> str:
    with tempfile.NamedTemporaryFile() as probe:
        probe.write(os.urandom(32))
        probe.flush()
        from pathlib import Path

        digest = project.artifacts.put(Path(probe.name))
    project.artifacts.fetch(digest)
    project.artifacts.delete(digest)
    return f"{project.settings.artifacts} keeps what is put"


def _plugins(project: Project) -> str:
    own = [name for part in ("datasets", "adapters", "models") for name in getattr(project.registries, part).names()]
    return f"{len(own)} known" + (f", from {', '.join(project.settings.plugins)}" if project.settings.plugins else "")


def _jobs(project: Project) -> str:
    from argosy.jobs.job import JobState

    counts = {state: len(project.queue.jobs(state=state)) for state in JobState}
    with project.database.read() as transaction:
        since = transaction.now() - RECENT_SECONDS
    recent = [job for job in project.queue.jobs(state=JobState.FAILED) if (job.finished_at or 0.0) > since]
    if recent:
        raise ArgosyError(
            f"{len(recent)} jobs failed in the last day, the last one {recent[-1].label}: {recent[-1].error}"
        )
    return ", ".join(f"{number} {state.value}" for state, number in counts.items() if number) or "none yet"


def _training(project: Project) -> str:
    """How training leaves room for the server."""
    from argosy.app.workers import quiet_until

    asked, until = project.settings.training, quiet_until(project)
    threads = f"{asked.threads} thread{'s' if asked.threads > 1 else ''}"
    hours = f"quiet {', '.join(asked.quiet_hours)} {asked.time_zone or 'local time'}" if asked.quiet_hours else ""
    quiet = f"{hours}, {f'now, until {until}' if until else 'not now'}" if hours else "no quiet hours"
    return f"workers of nice {asked.nice} and {threads}; {quiet}"


def _imported(project: Project) -> str:  # noqa: ARG001  # a check's signature
    """What keeps models that were trained elsewhere from the rest of the machine."""
    from argosy.models.runtimes.sandbox import isolation

    return f"run in {isolation()}"


CHECKS: dict[str, Callable[[Project], str]] = {
    "database": _database,
    "broker": _broker,
    "artifact store": _artifacts,
    "plugins": _plugins,
    "jobs": _jobs,
    "training": _training,
    "imported models": _imported,
}


def _extras() -> list[Finding]:
    """Optional packages: their absence is no fault."""
    return [
        Finding(f"extra {extra}", True, "installed" if find_spec(package) else f"absent: pip install 'argosy[{extra}]'")
        for extra, package in EXTRAS.items()
    ]


def _room(project: Project) -> list[Finding]:
    free = shutil.disk_usage(project.root).free
    to_do = "" if free > LOW_BYTES else "make room: an artifact that cannot be written fails its job"
    return [Finding("disk", free > LOW_BYTES, f"{free / 1e9:.1f} GB free", to_do)]
