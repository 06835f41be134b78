"""A relay of TCP connections in front of a server. It can cut them: for the server its client has died then.
It can also forget them, as a machine does that loses its power: neither side hears a word.
"""

import select
import socket
import struct
import threading
from contextlib import suppress

RESET = struct.pack("ii", 1, 0)
"""Of SO_LINGER: close by a reset, without what is still to be sent."""
LOOK_MS = 100
TCP_REPAIR = 19
"""Of Linux, where we are root: a socket in repair is closed without a word to the other side."""


class Relay:
    """Listens on a port of its own, 127.0.0.1, until it is closed; the target is a host and a port, or a path."""

    def __init__(self, *target):
        self.target, self._lock, self._pairs = target, threading.Lock(), []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """End every connection; the number of open ones."""
        alive = 0
        for one in self._ends():
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                one.shutdown(socket.SHUT_RDWR)  # a thread that waits in a read returns
                alive += 1
            one.close()
        return alive // 2

    def forget(self):
        """Lose every connection silently; the number of open ones. Raises PermissionError."""
        alive = 0
        for one in self._ends():
            with suppress(OSError):
                one.getpeername()
                alive += 1
            if one.family is not socket.AF_UNIX:
                one.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            one.close()
        return alive // 2

    def _ends(self):
        with self._lock:
            pairs, self._pairs = self._pairs, []
        return [end for pair in pairs for end in pair]

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = self._connect()
                except OSError:
                    client.close()
                    continue
                with self._lock:
                    self._pairs.append((client, server))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _connect(self):
        if len(self.target) > 1:
            return socket.create_connection(self.target)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target[0])
        return server

    def _pass_on(self, source, target):
        with suppress(OSError, ValueError):  # it was closed
            poller = select.poll()
            poller.register(source, select.POLLIN)
            while True:
                if not poller.poll(LOOK_MS):
                    continue  # a thread that waits in `recv` would keep the socket open that `forget` closes
                if not (data := source.recv(65536)):
                    break
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
