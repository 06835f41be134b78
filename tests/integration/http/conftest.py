import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from http_server import Application, Server


@pytest.fixture
def start():
    """Starts servers, each with an application of its own, that end with the test."""
    started = []

    def one(**limits):
        started.append(Server(Application(), **limits))
        return started[-1]

    yield one
    for server in started:
        server.close()


@pytest.fixture
def server(start):
    return start()
