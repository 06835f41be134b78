"""One machine of a project in a proof: its folder, and its processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from argosy.testing.waiting import PATIENCE

PROGRAM = Path(__file__).with_name("proof_program.py")
SECONDS = PATIENCE


def until(condition, seconds=SECONDS, what="what was waited for"):
    """Wait for a condition, with a deadline; what it came to."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.01)
    return found


class Machine:
    """The processes of `folder`, and their log."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "processes.log"
        self._processes, self._nursery, self._lock = [], None, threading.Lock()

    def argosy(self, *arguments):
        """Start `argosy …`."""
        return self._start([sys.executable, "-m", "argosy", "-C", str(self.folder), *map(str, arguments)])

    def fork(self, command):
        """Start a worker with short times, a relay or a reconciler, without the time for imports."""
        if self._nursery is None:
            self._nursery = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.log.open("ab"),
                env=_environment(self.folder),
                text=True,
                process_group=0,
            )
        with self._lock:
            print(command, file=self._nursery.stdin, flush=True)
            process = Forked(int(self._nursery.stdout.readline()))
        self._processes.append(process)
        return process

    def run(self, *arguments):
        """Run `argosy …` to its end."""
        command = [sys.executable, "-m", "argosy", "-C", str(self.folder), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=_environment(self.folder))

    def _start(self, command):
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(self.folder),
                process_group=0,
            )
        self._processes.append(process)
        return process

    def end(self):
        """Stop everything, and wait for it."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            process.wait(60)

    def close(self):
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery.communicate()


class Forked:
    """A process of the nursery, handled as `subprocess.Popen` is."""

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def send_signal(self, number):
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def wait(self, seconds=SECONDS):
        until(lambda: self.poll() is not None, seconds, "the end of a process")


def _environment(folder):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ARGOSY_")}
    (folder / "tmp").mkdir(exist_ok=True)
    return {**plain, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(folder / "tmp")}
