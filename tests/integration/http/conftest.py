import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from http_server import Application, Server


@pytest.fixture(params=["uvloop", "asyncio", "fast lane"])
def start(request):
    """Starts servers, each with its own application, that end with the test."""
    started = []
    new_loop = asyncio.new_event_loop
    if request.param != "asyncio":
        new_loop = pytest.importorskip("uvloop").new_event_loop

    def one(**limits):
        started.append(Server(Application(), new_loop, request.param == "fast lane", **limits))
        return started[-1]

    yield one
    for server in started:
        server.close()


@pytest.fixture
def server(start):
    return start()
