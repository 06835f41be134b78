"""The command as a user types it, a file of tickets in three classes, and a project trained on it."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import httpx
import pytest

from argosy.testing.waiting import PATIENCE

SECONDS = PATIENCE
DRAWING = Path(__file__).parent / "drawing"
# fmt: off
WORDS = {
    "delivery": ["parcel", "courier", "late", "tracking", "shipped", "doorstep", "driver", "address", "package", "van"],
    "refund": ["money", "back", "charged", "card", "twice", "invoice", "payment", "bank", "credit", "cheque"],
    "account": ["password", "login", "email", "locked", "reset", "profile", "username", "sign", "phone", "settings"],
}
FILLING = ["please", "hello", "the", "my", "is", "was", "i", "have", "with", "for", "today", "since", "again", "not"]
# fmt: on
PLAN = """\
name: tickets
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: [{name: tfidf}, {name: hashing, options: {buckets: [1024]}}]
model: {name: logistic, options: {C: [0.01, 10.0]}}
"""


def tickets(count, seed=3):
    """Rows of a file that names its columns; each text differs from every other."""
    draw = random.Random(seed)
    names = list(WORDS)
    for number in range(count):
        label = names[number % 3]
        words = draw.choices(WORDS[label], k=4) + draw.choices(FILLING, k=6)
        yield f"{' '.join(words)} {seed}-{number}", label, f"2026-01-{1 + number % 28:02d}", f"customer-{number % 40}"


def write_tickets(path, count, seed=3):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "seen_at", "subject"))
        writer.writerows(tickets(count, seed))
    return path


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def mistake(self):
        """Expect a user's mistake; its one line."""
        assert self.code == 2, f"exit code {self.code}: {self.out}{self.err}"
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("Error: "), self.err
        return lines[0].removeprefix("Error: ")


class Shell:
    """`argosy …` in a folder, in processes that end with the test."""

    python = sys.executable

    def __init__(self, folder, **variables):
        self.folder, self.variables, self._started = folder, variables, []
        self._draws, self._commands = os.urandom(8).hex(), Counter()

    @property
    def environment(self):
        return {**os.environ, **self.variables}

    def _environment_of(self, arguments):
        """Each run of a command draws other ids, and the same whenever its test runs."""
        command = " ".join(Path(str(argument)).name for argument in arguments)
        self._commands[command] += 1
        path = os.pathsep.join(filter(None, (str(DRAWING), self.environment.get("PYTHONPATH"))))
        draws = f"{self._draws} {command} {self._commands[command]}"
        return {**self.environment, "PYTHONPATH": path, "COMMAND_DRAWS": draws}

    def run(self, *arguments, stdin=""):
        """Run a command to its end, whatever its exit code; it never prints a traceback."""
        done = subprocess.run(
            [self.python, "-m", "argosy", *map(str, arguments)],
            cwd=self.folder,
            env=self._environment_of(arguments),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=SECONDS,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def __call__(self, *arguments, stdin=""):
        """Run a command that must succeed; what it printed."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.code == 0, f"argosy {' '.join(map(str, arguments))}: {ran.code}\n{ran.out}{ran.err}"
        return ran.out

    def json(self, *arguments):
        return json.loads(self(*arguments, "--json"))

    def mistake(self, *arguments):
        """Run a command that must be refused as the user's mistake; its one line."""
        return self.run(*arguments).mistake

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def start(self, *arguments, stdin=None, log=None):
        """Start a command that keeps running, in its own process group; its standard error goes to `started.log`."""
        with (self.folder / "started.log").open("ab") as file:
            process = subprocess.Popen(
                [self.python, "-m", "argosy", *map(str, arguments)],
                cwd=self.folder,
                env=self._environment_of(arguments),
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.PIPE,
                stderr=file if log is None else log,
                text=True,
                process_group=0,
            )
        self._started.append(process)
        return process

    def serve(self, *arguments):
        """Start `serve` or `up` on a free port, and wait until it answers; the process and a client."""
        process = self.start(*arguments, "--port", 0)
        assert readable(process.stdout), (self.folder / "started.log").read_text()
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url, (self.folder / "started.log").read_text()
        client = httpx.Client(base_url=url[0], timeout=SECONDS)
        until(lambda: client.get("/v2/health/ready").status_code == 200)
        return process, client

    def end(self, process, number=signal.SIGTERM):
        """Stop a started command; its exit code."""
        process.send_signal(number)
        return process.wait(SECONDS)

    def close(self):
        for process in self._started:
            if process.poll() is None:
                process.kill()  # its children follow
            process.wait(SECONDS)
            process.stdout.close()


def readable(stream):
    """Whether a condition becomes true within the deadline."""
    return bool(wait([stream], SECONDS))


def until(condition, seconds=SECONDS):
    """Wait for a condition, with a deadline; its value."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture(name="write_tickets", scope="session")
def write_tickets_fixture():
    return write_tickets


@pytest.fixture(name="until")
def until_fixture():
    return until


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory):
    """A new project; it and the other projects of the session are copied, and used in no other way."""
    folder = tmp_path_factory.mktemp("new")
    Shell(folder)("init", "shop")
    (folder / "shop" / "plan.yaml").write_text(PLAN, "utf-8")
    return folder / "shop"


@pytest.fixture(scope="session")
def imported_folder(tmp_path_factory, new_folder):
    """The same with 240 tickets."""
    shell = Shell(shutil.copytree(new_folder, tmp_path_factory.mktemp("imported") / "shop"))
    write_tickets(shell.folder / "tickets.csv", 240)
    shell("examples", "import", "tickets.csv")
    return shell.folder


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory, imported_folder):
    """The same whose plan of four definitions is trained."""
    shell = Shell(shutil.copytree(imported_folder, tmp_path_factory.mktemp("trained") / "shop"))
    shell("train", "plan.yaml", "--processes", 1)
    return shell.folder


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory, imported_folder):
    """The project of `live`."""
    shell = Shell(shutil.copytree(imported_folder, tmp_path_factory.mktemp("live") / "shop"))
    plan = "name: tickets\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: logistic, options: {C: 10}}\n"
    shell.write("plan.yaml", plan)
    shell.write("argosy.yaml", "name: shop\ngate: {minimum_rows: 10, cooldown_seconds: 0}\n")
    shell("train", "plan.yaml", "--processes", 1)
    shell("models", "promote", "tickets@1")
    return shell.folder


@pytest.fixture
def shell_in():
    """Makes shells in folders, with their own environment variables."""
    with ExitStack() as shells:
        yield lambda folder, **variables: shells.enter_context(closing(Shell(folder, **variables)))


@pytest.fixture
def anywhere(tmp_path):
    """Commands in an empty folder."""
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@pytest.fixture
def empty(new_folder, tmp_path):
    """A new project without examples."""
    shell = Shell(shutil.copytree(new_folder, tmp_path / "shop"))
    yield shell
    shell.close()


@pytest.fixture(scope="module")
def module_copy_of(tmp_path_factory):
    """Copies a project's folder, for the tests of a module."""
    with ExitStack() as shells:
        yield lambda folder: shells.enter_context(
            closing(Shell(shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "shop")))
        )


@pytest.fixture(scope="module")
def imported(imported_folder, module_copy_of):
    """A project with 240 tickets, shared by tests that leave it as it is."""
    return module_copy_of(imported_folder)


@pytest.fixture(scope="module")
def trained(trained_folder, module_copy_of):
    """A project whose plan of four definitions is trained."""
    return module_copy_of(trained_folder)


@pytest.fixture(scope="module")
def live(live_folder, module_copy_of):
    """A project with one version, its champion; the gate decides on few rows."""
    return module_copy_of(live_folder)


@pytest.fixture
def copy_of(tmp_path):
    """Copies a shared project, for a test that changes it."""
    made = []

    def copy(shell):
        made.append(Shell(shutil.copytree(shell.folder, tmp_path / f"copy-{len(made)}")))
        return made[-1]

    yield copy
    for shell in made:
        shell.close()


@pytest.fixture(scope="module")
def make_project(new_folder, module_copy_of):
    """Makes projects without examples, with the caller's plan."""

    def make(plan):
        shell = module_copy_of(new_folder)
        shell.write("plan.yaml", plan)
        return shell

    return make
