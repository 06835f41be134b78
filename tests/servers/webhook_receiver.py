"""A receiver of webhooks: keeps the requests, and answers as a test sets."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

FOUND = {"Location": "/elsewhere"}


@dataclass
class Receiver:
    """`answers` holds the statuses of the next requests; afterwards it is 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self):
        return [msgspec.json.decode(body) for _, _, body in self.requests]

    def labels(self):
        return [body["label"] for body in self.bodies()]


@contextmanager
def receiving(context=None):
    """A listening receiver; `context` is a TLS context."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, dict(self.headers), body))
            status = receiver.answers.pop(0) if receiver.answers else 200
            self.send_response(status)
            for name, value in (FOUND if 300 <= status < 400 else {}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # a client that does not trust the certificate disconnects early
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    receiver.url = f"{'https' if context else 'http'}://localhost:{server.server_port}/hooks/path-is-secret?key=as-well"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
