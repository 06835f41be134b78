"""A project in a folder whose every process writes its temporary files there too, and a search through all of it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from multiprocessing.connection import wait
from pathlib import Path

import httpx
import pytest

from argosy.testing.waiting import PATIENCE
from argosy.training.shared_fits import SharedFits

SECONDS = PATIENCE


class Site:
    """Runs commands, keeps their output in files, and searches every file for words."""

    def __init__(self, folder):
        self.root, self.temporary, self._started = folder / "site", folder / "tmp", []
        self.temporary.mkdir()
        self.logs = folder / "logs"
        self.logs.mkdir()
        self("init", self.root, project=False)

    def start(self, *arguments, project=True):
        where = ["--project", str(self.root)] if project else []
        log = self.logs / f"{len(list(self.logs.iterdir()))}.err"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "argosy", *where, *map(str, arguments)],
                # a test's own plug-in quotes the canary, and so would its byte code
                env={**os.environ, "TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1"},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._started.append(process)
        return process

    def __call__(self, *arguments, project=True):
        """Run a command that must succeed; what it printed."""
        process = self.start(*arguments, project=project)
        out, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, [log.read_text() for log in self.logs.iterdir()]
        return out

    def json(self, *arguments):
        return json.loads(self(*arguments, "--json"))

    def serve(self):
        process = self.start("serve", "--port", 0)
        assert wait([process.stdout], SECONDS)
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        client = httpx.Client(base_url=url, timeout=SECONDS)
        self.until(lambda: client.get("/v2/health/ready").status_code == 200)
        return process, client

    def end(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        return process.wait(SECONDS)

    def files(self):
        """Every file of the project, its temporary folder, the logs and its shared fits in memory.

        Other tests train on the same words at the same time: their fits are not this project's.
        """
        folders = [self.root, self.temporary, self.logs, SharedFits(self.root).folder]
        return [Path(at) / name for folder in folders if folder for at, _, names in os.walk(folder) for name in names]

    def having(self, *words):
        """The files that contain one of the words in the clear, in any usual encoding."""
        needles = [word.encode(code) for word in words for code in ("utf-8", "utf-16-le", "utf-32-le")]
        return [path for path in self.files() if any(needle in content(path) for needle in needles)]

    def until(self, condition, seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "what was waited for did not happen"
            time.sleep(0.01)
        return found

    def close(self):
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()


def content(path):
    """Its bytes; none if it is a folder, or no longer exists."""
    try:
        return path.read_bytes()
    except (IsADirectoryError, FileNotFoundError):
        return b""


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def shared_fits(site):
    """The project's shared fits in memory."""
    folder = SharedFits(site.root).folder
    return lambda: [Path(at) / name for at, _, names in os.walk(folder) for name in names]
