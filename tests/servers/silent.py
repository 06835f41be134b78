"""A server that accepts connections and never sends anything, like one on a hanging machine."""

import socket
import threading
from contextlib import suppress

import pytest


class SilentServer:
    """Listens on `port` of 127.0.0.1 until it is closed."""

    def __init__(self):
        self._listener, self._taken = socket.create_server(("127.0.0.1", 0)), []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        with suppress(OSError):
            while True:
                self._taken.append(self._listener.accept()[0])

    def close(self):
        for one in (self._listener, *self._taken):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def silent_server():
    server = SilentServer()
    yield server
    server.close()
