"""`argosy doctor`: every backend, key and plug-in of a project looked at, each with what to do about it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from argosy.errors import ArgosyError

if TYPE_CHECKING:
    from argosy.app.project import Project

LOW_BYTES = 1 << 30
RECENT_SECONDS = 86400.0
EXTRAS = {"word2vec": "gensim", "frames": "pandas"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `to_do` is empty where it is well."""

    check: str
    ok: bool
    found: str
    to_do: str = ""


def examine(folder: str) -> list[Finding]:
    """Look at everything; what cannot be looked at is a finding too."""
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
    return [*findings, *_extras(), *_room(project)]


def _database(project: Project) -> str:
    from argosy.database.migrations import newest

    with project.database.read() as transaction:
        rows = transaction.execute("SELECT count(*) FROM examples WHERE is_current = 1")
    return f"{project.settings.database}: schema {newest()}, {rows[0][0]:,} examples"


def _keys(project: Project) -> str:
    """Opens every collection's key and that of the prediction log."""
    names = project.examples.collections()
    for name in names:
        project.vault.scope(f"collection:{name}")
    project.vault.scope("predictions")
    return f"the master keys open {len(names)} collections and the prediction log"


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
    versions = {version.artifact for version in project.store.all_versions()}
    missing = [digest for digest in versions if not project.artifacts.exists(digest)]
    if missing:
        raise ArgosyError(f"{len(missing)} of {len(versions)} artifacts are missing: restore them from a copy")
    return f"{project.settings.artifacts}: {len(versions)} in use"


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


CHECKS: dict[str, Callable[[Project], str]] = {
    "database": _database,
    "keys": _keys,
    "broker": _broker,
    "artifacts": _artifacts,
    "plugins": _plugins,
    "jobs": _jobs,
    "training": _training,
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
