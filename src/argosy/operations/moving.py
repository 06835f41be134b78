"""`argosy migrate`: a project's rows into another database, and its artifacts to another place; compared afterwards.

What is moved stays where it was: the project uses the new places once its settings name them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.backends import Backends
from argosy.database import Database
from argosy.database.rows import Content, content_of_tables, write_rows
from argosy.errors import MigrationFailed, PathInvalid
from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from argosy.paths import make_private_folder
from argosy.plurals import plural
from argosy.store.artifact_store import ArtifactStore
from argosy.store.collector import artifacts_named

SQLITE: Final = "sqlite:///"


@dataclass(frozen=True)
class Migrated:
    """How many rows each table has, and how many artifacts there are, in the new places."""

    database: str
    tables: dict[str, int]
    artifacts: int


def migrate_project(
    backends: Backends, source: Database, to: str, artifacts: str, report_progress: Callable[[str], None]
) -> Migrated:
    """Fill the empty database of the URL `to`, and copy artifacts to the URL `artifacts`, if that is given.

    Raises MigrationFailed where work is under way or the two differ afterwards, BackupInvalid where the database is not
    empty.
    """
    if running := Queue(source).jobs(state=JobState.RUNNING):
        raise MigrationFailed(
            f"{plural(len(running), 'job')} running, such as {running[0].label}: stop the workers first"
        )
    openers, root = backends.openers, backends.root
    store = openers.artifacts(artifacts, root) if artifacts else None
    with tempfile.TemporaryDirectory(prefix=".argosy-migrate-") as name:
        rows = make_private_folder(Path(name) / "rows") / "rows"
        report_progress("reading every row")
        with source.snapshot(lambda: None) as state:
            write_rows(state, rows)
            before, digests = content_of_tables(state), sorted(artifacts_named(state))
        if store is not None:  # first: rows are not to name what is not there
            _copy_artifacts(backends.artifacts, store, digests, report_progress)
        report_progress("writing every row")
        openers.fill_database(to, root, rows)
    target = openers.database(to, root)
    try:
        report_progress("comparing")
        with target.read() as state:
            check_alike(before, content_of_tables(state), target.url)
    finally:
        target.close()
    return Migrated(
        target.url, {table: content.rows for table, content in before.items()}, len(digests) if store else 0
    )


def source_database(backends: Backends, url: str) -> Database:
    """The database to copy from; empty: the project's. A file that is not there is not made: raises PathInvalid."""
    if not url:
        return backends.database
    file = url.removeprefix(SQLITE)
    if file != url and not (backends.root / file).is_file():
        raise PathInvalid(f"{url}: there is no file {backends.root / file}")
    return backends.openers.database(url, backends.root)


def _copy_artifacts(
    source: ArtifactStore, target: ArtifactStore, digests: list[str], report_progress: Callable[[str], None]
) -> None:
    for number, digest in enumerate(digests, 1):
        report_progress(f"artifact {number} of {len(digests)}")
        if target.put(source.fetch(digest)) != digest:
            raise MigrationFailed(f"the artifact {digest[:12]}… changed while it was copied: repeat")


def check_alike(before: dict[str, Content], after: dict[str, Content], url: str) -> None:
    """Raises MigrationFailed, which names the first table that differs."""
    for table, content in before.items():
        found = after.get(table)
        if found != content:
            count = "no such table" if found is None else f"{plural(found.rows, 'row')}, {content.rows:,} were read"
            raise MigrationFailed(f"{url}: the table {table} differs ({count}): empty it, and repeat")
