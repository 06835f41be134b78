"""A Redis for tests: `REDIS_URL`, else one on the usual port, else our own, in a folder and on its own port."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest

from argosy.errors import CacheUnavailable
from argosy.testing.waiting import PATIENCE
from servers.finding import absent, folder_of
from servers.rabbitmq import free_ports

USUAL = "redis://127.0.0.1:6379/0"


@pytest.fixture(scope="session")
def redis_server():
    """The URL of a server."""
    pytest.importorskip("redis")
    given = os.environ.get("REDIS_URL")
    if given or answers(USUAL):
        yield given or USUAL
        return
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        absent("there is no Redis: set REDIS_URL, or apt-get install redis-server")
    with own_server(program) as server:
        yield server.url


def answers(url):
    from argosy.caching.caches.redis import RedisCache

    cache = RedisCache(url)
    try:
        cache.read([("answers", "")])
    except CacheUnavailable:
        return False
    finally:
        cache.close()
    return True


class OwnRedis:
    """A server in memory that the test may stop and start."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        [self.port] = free_ports(1)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None

    def start(self):
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self.folder}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen([self.program, *words], stdout=output, stderr=output)
        deadline = time.monotonic() + PATIENCE
        while not answers(self.url):
            assert self.process.poll() is None, (self.folder / "output").read_text()[-2000:]
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def own_server(program):
    with folder_of(None) as folder:
        server = OwnRedis(program, folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture
def redis_url(redis_server):
    """A URL with keys of this test only."""
    return f"{redis_server}?prefix=t{time.time_ns():x}"
