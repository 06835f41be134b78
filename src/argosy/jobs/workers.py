"""The list of workers: each has a row from its start to its end, which it renews every few seconds.

Rows are only for display. No job depends on them: a lease decides what a worker may write. A killed worker leaves its
row behind, which is shown as silent, by the database's clock, and removed after a day.
"""

from __future__ import annotations

import logging
import os
import platform
import secrets
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from argosy import processes
from argosy.database.database import Database, Row
from argosy.errors import DatabaseUnavailable, WorkerNotFound, nearest
from argosy.jobs import statements as sql
from argosy.version import __version__

SEEN_SECONDS: Final = 10.0
"""Between two signs of life."""
LOOK_SECONDS: Final = 1.0
"""Between two checks whether it was asked to finish."""
RUN_BY: Final = "ARGOSY_WORKER_RUN_BY"
"""The variable that says who runs a worker, where that is not its user."""
FINISH: Final = 1
AT_ONCE: Final = 2
SILENT_SECONDS: Final = 30.0
FORGOTTEN_SECONDS: Final = 86_400.0
_log = logging.getLogger(__name__)


def worker_name(drawn: str, pid: int) -> str:
    """Containers may share a host name and process ids: what was drawn tells their workers from each other."""
    return f"{platform.node()}-{drawn}-{pid}"


def place_of_project(root: Path) -> str:
    """`HOST:FOLDER`, where files are looked for."""
    return f"{platform.node()}:{root.resolve()}"


def at_place(place: str) -> str:
    """What a job `requires` that only workers of that project's folder can run, since it has the files."""
    return f"place.{place}"


@dataclass(frozen=True)
class Identity:
    """What a worker says of itself."""

    name: str
    host: str
    pid: int
    run_by: str
    version: str
    plugins: Mapping[str, str]
    """Those of its project's own, with the digest of their code."""


def own_identity(name: str, plugins: Mapping[str, str]) -> Identity:
    """That of the worker that this process is; it may have been given a name."""
    pid = os.getpid()
    name = name or worker_name(secrets.token_hex(3), pid)
    run_by = os.environ.get(RUN_BY) or processes.current_user()
    return Identity(name, platform.node(), pid, run_by, __version__, plugins)


@dataclass(frozen=True)
class WorkerStatus:
    """A worker as its row was read."""

    identity: Identity
    started_at: float
    seen_at: float
    seconds_silent: float
    """Since its newest sign of life."""
    is_draining: bool
    runs: str
    """The label of its job; empty: none."""
    runs_since: float | None

    @property
    def is_silent(self) -> bool:
        """It was killed, or stopped, or does not reach the database."""
        return self.seconds_silent > SILENT_SECONDS

    def has(self, requires: Mapping[str, str]) -> bool:
        """Whether it has what a job requires, as its row says, which says its machine and not its folder."""
        own, here = self.identity.plugins, at_place(f"{self.identity.host}:")
        wanted = {name: digest for name, digest in requires.items() if not name.startswith(here)}
        return all(name in own and digest in ("", own[name]) for name, digest in wanted.items())


class Workers:
    """Any thread, any number of processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[WorkerStatus]:
        """In the order in which they were started."""
        with self._database.read() as transaction:
            now = transaction.now()
            return [_status(row, now) for row in transaction.execute(sql.WORKERS)]

    def drain(self, names: Collection[str] = (), at_once: bool = False) -> list[str]:
        """Ask those workers, or all, to finish what they have and to end; their names. Raises WorkerNotFound.

        `at_once`: to give back what they have, and to end.
        """
        with self._database.write() as transaction:
            known = [row[0] for row in transaction.execute(sql.WORKER_NAMES)]
            for name in names:
                if name not in known:
                    raise WorkerNotFound(
                        f"no worker is called '{name}'{nearest(name, known)}; 'argosy workers list' names them"
                    )
            asked = [name for name in known if not names or name in names]
            for name in asked:
                transaction.execute(sql.DRAIN_WORKER, {"name": name, "how": AT_ONCE if at_once else FINISH})
        return asked

    def is_draining(self, name: str) -> bool:
        """Whether it was asked to finish."""
        return self._asked(name) >= FINISH

    def asked_at_once(self, names: Collection[str]) -> set[str]:
        """Those of them that were asked to give back what they have, and to end."""
        with self._database.read() as transaction:
            wanted = {"names": list(names), "how": AT_ONCE}
            return {row[0] for row in transaction.execute(sql.ASKED_AT_ONCE, wanted)}

    def _asked(self, name: str) -> int:
        with self._database.read() as transaction:
            return max((row[0] for row in transaction.execute(sql.IS_DRAINING, {"name": name})), default=0)

    def show_life(self, identity: Identity) -> None:
        """That it lives."""
        with self._database.write() as transaction:
            plugins = msgspec.json.encode(dict(identity.plugins)).decode()
            row = {name: getattr(identity, name) for name in ("name", "host", "pid", "run_by", "version")}
            transaction.execute(sql.SEE_WORKER, {**row, "plugins": plugins, "now": transaction.now()})

    def forget_silent(self) -> None:
        """Those that were killed a day ago or earlier."""
        with self._database.write() as transaction:
            transaction.execute(sql.FORGET_WORKERS, {"before": transaction.now() - FORGOTTEN_SECONDS})

    def remove(self, name: str) -> None:
        """It has ended."""
        with self._database.write() as transaction:
            transaction.execute(sql.REMOVE_WORKER, {"name": name})

    @contextmanager
    def present(self, identity: Identity, interrupt: threading.Event | None = None) -> Iterator[threading.Event]:
        """Be among the workers for as long as the block runs; what is given is set when it is asked to finish.

        `interrupt` is set where it is to do so at once.
        """
        over, drained, shown_at = threading.Event(), threading.Event(), float("-inf")

        def live() -> None:
            seen_at = shown_at
            while not over.is_set():
                with suppress(DatabaseUnavailable):  # it is silent then, as others see it
                    if time.monotonic() - seen_at >= SEEN_SECONDS:
                        self.show_life(identity)
                        seen_at = time.monotonic()
                    asked = self._asked(identity.name)
                    if asked >= FINISH and not drained.is_set():
                        _log.info("%s was asked to finish: it begins no other job", identity.name)
                        drained.set()
                    if asked >= AT_ONCE and interrupt is not None:
                        interrupt.set()
                over.wait(LOOK_SECONDS)

        with suppress(DatabaseUnavailable):
            self.forget_silent()
            self.show_life(identity)  # before it takes a job: who runs one is listed
            shown_at = time.monotonic()
        thread = threading.Thread(target=live, name="presence", daemon=True)
        thread.start()
        try:
            yield drained
        finally:
            over.set()
            thread.join()
            with suppress(DatabaseUnavailable):
                self.remove(identity.name)


def _status(row: Row, now: float) -> WorkerStatus:
    name, host, pid, run_by, version, plugins, started_at, seen_at, is_draining, label, since = row
    identity = Identity(name, host, pid, run_by, version, _plugins(plugins))
    return WorkerStatus(identity, started_at, seen_at, max(0.0, now - seen_at), bool(is_draining), label or "", since)


def _plugins(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.MsgspecError, TypeError):
        return {}
