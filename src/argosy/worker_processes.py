"""Workers of a project as child processes of this one, which survives their crashes.

A thread watches the children. Twice a second it compares the job that each of them has with the limits of its plan and
with the job's row: a job over a limit is failed, and its process killed; one that was cancelled, or given to another,
has a second to end by itself. A child that ended is replaced, and the job that it had is settled at once, or when the
database is back: a crash is a failed attempt, a kill from outside is not a failed attempt.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from argosy import processes
from argosy.backends import Backends
from argosy.definitions.limits import FitLimits
from argosy.error_messages import message_of
from argosy.errors import DatabaseUnavailable, JobFailed, LeaseLost, SchemaNewer
from argosy.jobs.job import Lease, LeaseKey
from argosy.jobs.lease_note import LeaseNote
from argosy.jobs.workers import worker_name
from argosy.messaging.back_off import back_off
from argosy.vault.master_keys import EXAMPLES

POLL_SECONDS: Final = 0.1
LOOK_SECONDS: Final = 0.5
"""Between two checks of the jobs of the children."""
PATIENCE_SECONDS: Final = 1.0
"""For a job to end by itself that was cancelled, or whose worker was asked to stop."""
STOP_SECONDS: Final = 30.0
"""For a child to end after SIGTERM, in addition to its grace."""
LONGEST_PAUSE: Final = 10.0
"""Before a child is replaced that could not begin, as where a plug-in cannot be imported."""
KILLS_SECONDS: Final = 30.0
"""How recent a kill of any process by the system for lack of memory is to be the assumed cause of a child's end."""
DRAINED: Final = 4
"""The exit code of a child that was asked to finish: it is not replaced."""
FOLDER: Final = "ARGOSY_WORKER_FOLDER"
_log = logging.getLogger(__name__)


def run_until(backends: Backends, is_over: Callable[[], bool], count: int, now: bool = False) -> None:
    """Keep `count` worker processes until `is_over`. `now`: whatever the hour.

    Raises JobFailed where all of them were asked to finish before.
    """
    with started(backends, count, now) as keeper:
        while not is_over():
            if keeper.is_drained:
                raise JobFailed("every worker of this command was drained: the other jobs stay queued")
            time.sleep(POLL_SECONDS)


@contextmanager
def started(
    backends: Backends,
    count: int,
    now: bool = False,
    grace: float = 0.0,
    interrupt: threading.Event | None = None,
) -> Iterator[WorkerProcesses]:
    """Worker processes, and webhooks, for as long as the block runs; those that die are replaced.

    When the block has ended, their jobs may go on for the seconds of `grace`, or until `interrupt` is set. Raises
    KeyUnavailable where they could not read an example.
    """
    if count:
        backends.require_keys(EXAMPLES)
    temporary = tempfile.TemporaryDirectory(prefix="argosy-", ignore_cleanup_errors=True)
    with sending_webhooks(backends), temporary as folder:
        keeper = WorkerProcesses(backends, count, now, grace, interrupt or threading.Event(), Path(folder))
        try:
            yield keeper
        finally:
            keeper.close()
        keeper.check_not_outdated()


@contextmanager
def sending_webhooks(backends: Backends) -> Iterator[None]:
    """Send notifications to the webhooks of the settings, from this process, for as long as the block runs."""
    if not backends.settings.webhooks:
        yield
        return
    from argosy.messaging.webhooks import delivering  # HTTP takes a while to import

    with delivering(backends.database, backends.broker, backends.settings.webhooks, os.environ):
        yield


@dataclass(frozen=True)
class KeptWorker:
    """What a worker process shares with the process that supervises it."""

    name: str
    on_lease: Callable[[Lease | None], None]
    folder: Path
    keeper: int

    def leave(self) -> None:
        """At its end: if its supervisor is gone, no other process removes its temporary files."""
        if os.getppid() != self.keeper:
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):  # there are others of the same supervisor
                self.folder.parent.rmdir()


def kept_worker() -> KeptWorker | None:
    """In a worker process, at its start; None if it has no supervisor."""
    given = os.environ.pop(FOLDER, "")
    if not given:
        return None
    folder = Path(given)
    processes.be_killed_first()
    faulthandler.enable((folder / "crash").open("w"))  # stays open as long as the process lives
    name = worker_name(folder.name, os.getpid())
    return KeptWorker(name, LeaseNote(folder / "lease").write, folder, os.getppid())


class _Child:
    """One worker process, and what is known of the job that it has."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        self.folder = folder
        environment = {FOLDER: str(folder), "TMPDIR": str(folder / "tmp")}
        with ExitStack() as undone:
            undone.callback(shutil.rmtree, folder, ignore_errors=True)
            (folder / "tmp").mkdir(parents=True)
            self.note = LeaseNote(folder / "lease")
            undone.callback(self.note.close)
            self.process = processes.start_argosy(arguments, environment=environment, is_session=True)
            undone.pop_all()
        self.name = worker_name(folder.name, self.process.pid)
        self.held: LeaseKey | None = None
        self.had_job = False
        self.held_since = self.ending_since = 0.0
        self.is_killed = False
        """By us, for which its job is not to blame."""

    def look(self, now: float) -> LeaseKey | None:
        """The lease that it holds now."""
        held = self.note.read()
        if held != self.held:
            self.held, self.held_since, self.ending_since = held, now, 0.0
            self.had_job |= held is not None
        return held

    def end_soon(self, now: float, why: str) -> None:
        """What it runs is to end. It ends the job itself, or is killed at a later look."""
        self.ending_since = self.ending_since or now
        if now - self.ending_since >= PATIENCE_SECONDS:
            _log.info("worker process %d is killed: %s", self.process.pid, why)
            self.kill()

    def kill(self) -> None:
        self.is_killed = True
        processes.kill_session(self.process)

    def crash(self) -> str:
        """The places in the code at which its threads were when it crashed."""
        with suppress(OSError):
            return (self.folder / "crash").read_text("utf-8", errors="replace")
        return ""

    def close(self) -> None:
        """Remove what it left behind: it has ended."""
        self.note.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class _MemoryKills:
    """Whether the system has killed a process for want of memory just now; it says how many, and not which."""

    def __init__(self) -> None:
        self._before = self._newest = processes.killed_for_memory()
        self._at = time.monotonic()

    def look(self, now: float) -> None:
        if now - self._at >= KILLS_SECONDS:
            self._before, self._newest, self._at = self._newest, processes.killed_for_memory(), now

    def is_recent(self) -> bool:
        return processes.killed_for_memory() > self._before


class WorkerProcesses:
    """Made by `started`."""

    def __init__(
        self, backends: Backends, count: int, now: bool, grace: float, interrupt: threading.Event, folder: Path
    ) -> None:
        self._backends, self._folder = backends, folder
        self._wanted = self._count = count
        self._grace, self._interrupt = grace, interrupt
        options = [*(["--now"] if now else []), "--grace", str(grace)]
        self._arguments = ["--project", str(backends.root), "worker", "--in-process", *options]
        self._children: list[_Child] = []
        self._ended: list[_Child] = []
        """Whose jobs are not settled yet: the database is unavailable."""
        self._looked_at = float("-inf")
        self._kills = _MemoryKills()
        self._newer: SchemaNewer | None = None
        self._is_closing = threading.Event()
        self._failed_starts, self._start_at = 0, float("-inf")
        try:
            self._replace()
        except BaseException:
            for child in self._children:
                child.kill()
                child.close()
            raise
        self._thread = threading.Thread(target=self._run, name="workers", daemon=True)
        self._thread.start()

    def check_not_outdated(self) -> None:
        """Raises SchemaNewer where a newer Argosy has changed the database under the children."""
        if self._newer is not None:
            raise self._newer

    @property
    def is_drained(self) -> bool:
        """Every child was asked to finish, and has."""
        return self._wanted > 0 and self._count == 0

    def close(self) -> None:
        """Ask the children to stop; returns when they have."""
        self._is_closing.set()
        self._thread.join()
        self._ask_to_stop()
        until = time.monotonic() + self._grace + STOP_SECONDS
        while self._children:
            time.sleep(POLL_SECONDS)
            if self._interrupt.is_set():  # asked again, a worker's job has no grace; two signals at once are one
                self._ask_to_stop()
                until = min(until, time.monotonic() + STOP_SECONDS)
            self._turn()
            for child in self._children if time.monotonic() >= until else ():
                child.kill()

    def _ask_to_stop(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)

    def _run(self) -> None:
        while not self._is_closing.wait(POLL_SECONDS):
            try:
                self._turn()
                self._replace()
            except Exception as error:  # noqa: BLE001  # no more processes, a full disk: it is tried again
                _log.warning("workers: %s; trying again", message_of(error))
                self._is_closing.wait(LOOK_SECONDS)

    def _replace(self) -> None:
        """Not while the database is known to be unavailable: a new worker would end at once."""
        while not self._ended and len(self._children) < self._count and time.monotonic() >= self._start_at:
            self._children.append(_Child(self._folder / secrets.token_hex(3), self._arguments))

    def _turn(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._kills.look(now)
            try:
                self._look(now)
            except SchemaNewer as newer:
                self._stop_outdated(newer)
            except DatabaseUnavailable:  # jobs continue, and are checked when it is available again
                pass
        for child in [child for child in self._children if child.process.poll() is not None]:
            self._children.remove(child)
            processes.kill_session(child.process)  # the processes that it started
            self._pause_after(child, now)
            self._ended.append(child)
        ended, self._ended = self._ended, []
        for child in ended:
            has_finished = child.process.returncode == DRAINED and child.note.read() is None
            try:  # one that was asked to finish, and killed before it had, has its row still
                is_asked = has_finished or self._backends.workers.is_draining(child.name)
                self._settle(child)
            except SchemaNewer as newer:  # a newer Argosy settles its job when the lease expires
                self._stop_outdated(newer)
                child.close()
            except DatabaseUnavailable:
                self._ended.append(child)
            else:
                self._count -= is_asked
                child.close()

    def _pause_after(self, child: _Child, now: float) -> None:
        """Before the next is started, where one could not begin: its message is not repeated several times a second."""
        is_failed_start = child.process.returncode > 0 and child.process.returncode != DRAINED and not child.had_job
        self._failed_starts = self._failed_starts + 1 if is_failed_start else 0
        if is_failed_start:
            self._start_at = now + back_off(self._failed_starts, LONGEST_PAUSE)
            self._check_schema()

    def _check_schema(self) -> None:
        """Where a newer Argosy's database has ended the child, none of this one would do better."""
        with suppress(DatabaseUnavailable):
            try:
                self._backends.database.migrate()
            except SchemaNewer as newer:
                self._stop_outdated(newer)

    def _stop_outdated(self, newer: SchemaNewer) -> None:
        """Replace no child: this Argosy cannot use the database any more."""
        self._newer, self._count = newer, 0

    def _look(self, now: float) -> None:
        held = {child: key for child in self._children if (key := child.look(now)) is not None}
        leases = self._backends.queue.leases(held.values()) if held else {}
        asked = self._backends.workers.asked_at_once([child.name for child in held]) if held else set()
        limits = {key: _limits(lease) for key, lease in leases.items()}
        memory = processes.resident_bytes() if any(each.memory for each in limits.values()) else {}
        for child, key in held.items():
            if key not in leases:
                child.end_soon(now, "it went on with a job that is no longer its own")
            elif child.name in asked:
                child.end_soon(now, "it was asked to stop, and its job did not end")
            elif exceeded := limits[key].exceeded(now - child.held_since, memory.get(child.process.pid, 0)):
                self._fail(child, leases[key], exceeded)

    def _fail(self, child: _Child, lease: Lease, exceeded: str) -> None:
        """The job first: where it has just ended well, its process lives on."""
        with suppress(LeaseLost):
            self._backends.queue.fail(lease, f"ended: {exceeded}", retry=False)
            _log.warning("%s ended: %s", lease.job.label, exceeded)
            child.kill()

    def _settle(self, child: _Child) -> None:
        """Settle the job that a process had when it ended, and remove its row from the list of workers."""
        key = child.note.read()
        lease = self._backends.queue.leases([key]).get(key) if key else None
        if lease is not None:
            with suppress(LeaseLost):  # it ran out
                self._give_back(child, lease)
        self._backends.workers.remove(child.name)

    def _give_back(self, child: _Child, lease: Lease) -> None:
        code, queue = child.process.returncode, self._backends.queue
        if child.is_killed:
            queue.release(lease)
        elif code == -signal.SIGKILL and not self._kills.is_recent():
            queue.lose(lease, "its worker process was killed")
        else:
            ended = how_it_ended(code)
            again = queue.fail(lease, f"its worker process {ended}", child.crash())
            _log.warning("%s: its worker process %s%s", lease.job.label, ended, "; to be tried again" if again else "")


def how_it_ended(code: int) -> str:
    """In words, of a process that ended without having been asked to."""
    if code == -signal.SIGKILL:
        return "was killed by the system, which had no more memory"
    if code < 0:
        known = code in [-number for number in signal.Signals]
        return f"crashed with {signal.Signals(-code).name if known else f'signal {-code}'}"
    return f"ended itself with exit code {code}"


def _limits(lease: Lease) -> FitLimits:
    try:
        return msgspec.convert(lease.job.payload.get("limits") or {}, FitLimits)
    except msgspec.ValidationError:  # written by another release: the job is worth more than its limits
        return FitLimits()
