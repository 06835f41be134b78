"""A project's database, and processes on it that end with the test."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from argosy.testing.waiting import PATIENCE
from stored.rows import count

PROGRAM = Path(__file__).with_name("program.py")


class Bench:
    """Starts processes of `program.py`, waits for their files, and reads their database."""

    def __init__(self, folder, database):
        self.folder, self.processes = folder, {}
        self.database = database
        (folder / "url").write_text(database.url)

    def start(self, command, *names, together=True):
        for name in names:
            self.processes[name] = subprocess.Popen([sys.executable, PROGRAM, command, self.folder, name])
        if together:
            for name in names:
                self.until(lambda name=name: (self.folder / f"{name}.ready").exists())
        self.touch("start")

    def touch(self, name):
        (self.folder / name).touch()

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def end(self, name):
        """Wait until a process ends by itself."""
        assert self.processes[name].wait(PATIENCE) == 0

    def until(self, condition, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "what was waited for did not happen"
            time.sleep(0.01)
        return found

    def count(self, table, **where):
        return count(self.database, table, **where)


@pytest.fixture
def bench(tmp_path, database):
    bench = Bench(tmp_path, database)
    yield bench
    for process in bench.processes.values():
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
