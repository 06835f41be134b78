"""A command in a process of its own that stops before each step that others could notice, until it may go on.

The steps are those of the real backends: the begin of a transaction, what is done to key files and artifacts, and a
backup's or restore's taking its name. Nothing is replaced, only halted: never inside of a transaction, where anyone who
waits for it would wait for us.
"""

import contextlib
import gc
import importlib
import io
import multiprocessing
import os
import shutil
import sys

FORK = multiprocessing.get_context("fork")
SECONDS = 120


def perform(arguments, folder, pipe, is_stepping):
    """The child's side."""
    gc.freeze()  # a collection would copy every page that is shared with the parent
    known = set(sys.modules)
    os.chdir(folder)
    sys.stdout = sys.stderr = said = io.StringIO()
    if is_stepping:
        _halt(pipe)
    from argosy.cli.main import run

    code = arguments(folder) if callable(arguments) else run(arguments)
    pipe.send(("ended", code, said.getvalue(), [name for name in sys.modules if name not in known]))
    pipe.close()
    os._exit(0)


def _halt(pipe):
    from argosy.operations import backup, restore
    from argosy.store.artifacts.local import LocalArtifacts
    from argosy.vault.keys import file

    inside = [0]

    def pause(name):
        if not inside[0]:
            pipe.send(("at", name))
            pipe.recv()

    def stopping(owner, name):
        original = getattr(owner, name)

        def stopped(*arguments, **options):
            pause(name)
            return original(*arguments, **options)

        setattr(owner, name, stopped)

    def within(owner, name):
        original = getattr(owner, name)

        @contextlib.contextmanager
        def stopped(*arguments):
            pause(name)
            with original(*arguments) as transaction:
                inside[0] += 1
                try:
                    yield transaction
                finally:
                    inside[0] -= 1

        setattr(owner, name, stopped)

    _halt_databases(within, stopping)
    for name in ("create", "prepare", "take_over", "forget", "_read_if_there"):
        stopping(file if name.startswith("_") else file.FileKeys, name)
    for name in ("put", "fetch", "delete"):
        stopping(LocalArtifacts, name)
    for module in (backup, restore):
        stopping(module, "_move_into_place")
    stopping(shutil, "copyfile")

    class Waiting:
        """The clock used while waiting for a lock: it reports the wait."""

        monotonic = staticmethod(file.time.monotonic)

        @staticmethod
        def sleep(seconds):
            pipe.send(("waits", ""))
            real.sleep(seconds)

    real, file.time = file.time, Waiting


def _halt_databases(within, stopping):
    """Those that are opened from now on."""
    from argosy.app import backends

    opened = backends._unmigrated

    def halting(url, root):
        database = opened(url, root)
        for name in ("read", "write"):
            within(database, name)
        stopping(database, "purge")
        return database

    backends._unmigrated = halting


class Command:
    """The parent's side."""

    def __init__(self, arguments, folder, is_stepping=True):
        self._pipe, theirs = FORK.Pipe()
        self._process = FORK.Process(target=perform, args=(arguments, folder, theirs, is_stepping))
        self._process.start()
        theirs.close()
        self.code, self.said, self._halted = None, "", False

    def advance(self):
        """Go on to the next step; whether there is one. False where it ended, None where it waits for another."""
        if self._halted:
            self._halted = False
            self._pipe.send(None)
        if self.code is not None:
            return False
        assert self._pipe.poll(SECONDS), "neither ended nor at a step"
        what, *rest = self._pipe.recv()
        if what == "ended":
            self.code, self.said, imported = rest
            self._process.join(SECONDS)
            for name in imported:  # for the next command, which begins as a copy of this process
                importlib.import_module(name)
            return False
        self._halted = what == "at"
        return True if self._halted else None

    def finish(self):
        while self.advance() is not False:
            pass
        return self.code


def alone(arguments, folder):
    """Run a command alone: (its exit code, its output)."""
    command = Command(arguments, folder, is_stepping=False)
    command.finish()
    return command.code, command.said


def steps_of(arguments, folder):
    """The number of steps of a command that runs alone."""
    command, count = Command(arguments, folder), 0
    while command.advance():
        count += 1
    assert command.code == 0, command.said
    return count


def interleaved(first, second, folder, steps):
    """`second` from begin to end while `first` is halted before its step number `steps`; both.

    Where the second waits for the first, the first goes on.
    """
    halted = Command(first, folder)
    for _ in range(steps):
        halted.advance()
    other = Command(second, folder)
    while (found := other.advance()) is not False:
        if found is None:
            halted.finish()
    halted.finish()
    return halted, other
