"""A part on another server: what becomes of every answer that is none."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import perf_counter

import pytest

from argosy.errors import InputInvalid, RemoteModelUnavailable
from argosy.models.permitted_servers import permit_servers
from argosy.models.tensor_messages import bytes_array
from argosy.models.v2_messages import V2Message, v2_request
from argosy.services.part_messages import COLUMN, PreparedRow, row_to_prepare, service_row
from argosy.services.placed_parts import PlacedServer

PREPARED = b'{"values": {"user": "ana"}, "inputs": {"user": "ana"}, "features": {}}'
OUTPUT = {"name": COLUMN, "datatype": "BYTES", "shape": [1]}


class Part(BaseHTTPRequestHandler):
    """Answers each request with the rows that its server has, or with a given status and body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        head = int(self.headers["inference-header-content-length"])
        asked = V2Message(self.rfile.read(int(self.headers["content-length"])), head)
        self.server.asked.append((self.path, json.loads(asked.content[:head]), asked))
        status, message = self.server.answer
        self.send_response(status)
        if message.head is not None:
            self.send_header("inference-header-content-length", str(message.head))
        self.send_header("content-length", str(len(message.content)))
        self.end_headers()
        self.wfile.write(message.content)

    def log_message(self, *_):
        """Nothing is printed."""


def rows(*texts):
    """A binary answer with them."""
    content = v2_request({COLUMN: bytes_array(list(texts))}, in_binary=True)
    described = json.loads(content.content[: content.head])["inputs"]
    head = json.dumps({"outputs": described}).encode()
    return V2Message(head + content.content[content.head :], len(head))


@pytest.fixture
def part():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Part)
    server.daemon_threads = True
    server.asked, server.answer = [], (200, rows(PREPARED))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/behind/"
    permit_servers({server.url.removesuffix("/behind/"): ""})
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(part):
    async def asked():
        placed = PlacedServer(part.url, connections=1)
        sent = [row_to_prepare(service_row({"user": 'a "quoted" name'}), ["history"])]
        try:
            return await placed.rows("service.offers.prepare", sent, PreparedRow, perf_counter() + 30)
        finally:
            placed.close()

    return asyncio.run(asked())


def test_rows_go_there_and_back_in_binary(part):
    [made] = ask(part)
    assert made.values == {"user": "ana"}
    [(path, head, message)] = part.asked
    assert path == "/behind/v2/models/service.offers.prepare/infer"
    assert (head["parameters"], "data" in head["inputs"][0]) == ({"binary_data_output": True}, False)
    assert message.content[message.head :].endswith(b'{"values":{"user":"a \\"quoted\\" name"},"fill":["history"]}')


@pytest.mark.parametrize(
    ("status", "message", "error", "said"),
    [
        (200, V2Message(b"no JSON"), RemoteModelUnavailable, "answers what is not V2"),
        (200, V2Message(b'{"outputs": []}', 1 << 20), RemoteModelUnavailable, "its JSON is longer than the body"),
        (200, V2Message(b'{"outputs": []}'), RemoteModelUnavailable, "what is none of a service's rows"),
        (200, rows(b"{}"), RemoteModelUnavailable, "what is none of a service's rows"),
        (200, rows(b"\xff"), RemoteModelUnavailable, "what is none of a service's rows"),
        (200, rows(), RemoteModelUnavailable, "with 0 of 1 rows"),
        (200, rows(PREPARED, PREPARED), RemoteModelUnavailable, "with 2 of 1 rows"),
        (200, V2Message(json.dumps({"outputs": [{**OUTPUT, "data": [PREPARED.decode()]}]}).encode()), None, ""),
        (400, V2Message(b'{"error": "row 1: it is wrong"}'), InputInvalid, "refuses the request: row 1: it is wrong"),
        (500, V2Message(b"{}"), RemoteModelUnavailable, "answers 500"),
    ],
)
def test_every_answer_is_rows_or_one_line(part, status, message, error, said):
    part.answer = (status, message)
    if error is None:  # in JSON after all
        assert ask(part)[0].values == {"user": "ana"}
        return
    with pytest.raises(error, match=said) as found:
        ask(part)
    assert "\n" not in str(found.value)
