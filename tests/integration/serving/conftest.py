import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from argosy.testing.waiting import PATIENCE

sys.path.insert(0, str(Path(__file__).parent))

from nasty_bodies import LIMITS
from serving_project import Project

DEADLINE_SECONDS = PATIENCE
CLAIMS = {"plain": [], "sure": ["outcome", "uniform"], "wide": ["outcome", "entity"]}


class RunningServer:
    """The project's server in a separate process; with `grpc`, its `grpc_address`."""

    def __init__(self, project, hosts=(), grpc=False, **limits):
        self.project = project
        program = Path(__file__).parent / "serving_project.py"
        self._log = (project.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, str(program), str(project.folder), "0"),
                *map(json.dumps, (limits, hosts, 0 if grpc else None)),
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.url = self.process.stdout.readline().decode().strip()
        self.grpc_address = self.process.stdout.readline().decode().strip().removeprefix("grpc://") if grpc else ""
        self.client = httpx.Client(base_url=self.url, timeout=DEADLINE_SECONDS)
        self.until(lambda: self.client.get("/v2/health/ready").status_code == 200)

    def until(self, condition):
        """Wait for a condition, with a deadline."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, (self.project.folder / "server.log").read_text()
            assert self.process.poll() is None, (self.project.folder / "server.log").read_text()
            time.sleep(0.01)

    def predict(self, *texts, path="/v1/models/topics", **headers):
        return self.client.post(f"{path}:predict", json={"instances": list(texts)}, headers=headers)

    def version(self, path="/v1/models/topics"):
        return int(self.predict("a goal", path=path).headers["argosy-model-version"])

    def close(self):
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(DEADLINE_SECONDS)
        self.process.stdout.close()
        self._log.close()


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def start(project):
    """Starts servers of the project, ended with the test."""
    started = []

    def one(**limits):
        started.append(RunningServer(project, **limits))
        return started[-1]

    yield one
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def running():
    """Starts a server of a project; the test ends it."""
    return RunningServer


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for tests without visible changes: versions 1 (champion) and 2 (canary, svm)."""
    project = Project(tmp_path_factory.mktemp("shared"))
    project.promote(project.train())
    project.promote(project.train(model="svm", suffix="!"), alias="canary")
    server = RunningServer(project)
    yield server
    server.close()
    project.database.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server that requires tokens, and its tokens by name, with the claims in CLAIMS."""
    project = Project(tmp_path_factory.mktemp("guarded"))
    project.promote(project.train())
    sources = {"sure": "sure-source"}
    tokens = {
        name: project.tokens.create(name, ["predict", "feedback"], sources.get(name, ""), claims)
        for name, claims in CLAIMS.items()
    }
    server = RunningServer(project)
    yield server, tokens
    server.close()
    project.database.close()


@pytest.fixture(scope="module")
def over_grpc(tmp_path_factory):
    """A server that is asked over gRPC: `topics` 1 (champion) and 2 (canary, svm), and `fields`."""
    project = Project(tmp_path_factory.mktemp("grpc"))
    project.promote(project.train())
    project.promote(project.train(model="svm", suffix="!"), alias="canary")
    project.promote(project.train_fields(), "fields")
    server = RunningServer(project, grpc=True, values=20_000)
    yield server
    server.close()
    project.database.close()


@pytest.fixture(scope="module")
def of_fields(tmp_path_factory):
    """A server of the models `topics` (texts) and `fields` (fields), with a low limit on values."""
    project = Project(tmp_path_factory.mktemp("fields"))
    project.promote(project.train())
    project.promote(project.train_fields(), "fields")
    server = RunningServer(project, **LIMITS)
    yield server
    server.close()
    project.database.close()
