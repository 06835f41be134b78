import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from nasty_bodies import LIMITS
from running_server import RunningServer
from serving_project import Project

CLAIMS = {"plain": [], "sure": ["outcome", "uniform"], "wide": ["outcome", "entity"]}


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
