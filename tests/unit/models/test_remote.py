"""Models on other servers: what is sent, what is read, and what becomes of every way in which a server can fail."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from argosy.errors import (
    ImportedModelFailed,
    ImportedModelRefused,
    ImportedModelTooSlow,
    ImportInvalid,
    RemoteModelUnavailable,
)
from argosy.models.adapters.remote import Remote
from argosy.models.permitted_servers import permit_servers
from argosy.models.signature import DEFAULT_SIGNATURE
from argosy.training.given_signature import parse_signature
from argosy.training.remote_models import declare_remote, remote_tensors

SECRET = "let-me-in"


class Stub(BaseHTTPRequestHandler):
    """A server of V2 that is not Argosy's: numbers in one tensor, answers with one output of its own name."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        tensor = {"name": "x", "datatype": "FP32", "shape": [-1, self.server.width]}
        outputs = [
            {"name": "label", "datatype": "INT64", "shape": [-1]},
            {"name": "p", "datatype": "FP32", "shape": [-1, 3]},
        ]
        self.send(200, {"name": "m", "inputs": [tensor], "outputs": outputs})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, dict(self.headers), json.loads(body)))
        getattr(self, self.server.mood)(json.loads(body))

    def well(self, body):
        rows = np.array(body["inputs"][0]["data"], float).reshape(-1, 2)
        shares = np.exp(np.hstack([rows, rows[:, :1] * 0]))
        shares /= shares.sum(axis=1, keepdims=True)
        output = {"name": "p", "datatype": "FP32", "shape": list(shares.shape), "data": shares.tolist()}
        self.send(200, {"model_name": "m", "outputs": [output]})

    def numbers(self, body):
        rows = np.array(body["inputs"][0]["data"], float).reshape(-1, 2)
        output = {"name": "p", "datatype": "INT64", "shape": [len(rows)], "data": rows.argmax(axis=1).tolist()}
        self.send(200, {"outputs": [output]})

    def refuses(self, _):
        self.send(400, {"error": "no such\nshape"})

    def fails(self, _):
        self.send(500, {"error": "out of memory"})

    def redirects(self, _):
        self.send(307, {}, location="http://127.0.0.1:9/elsewhere")

    def rambles(self, _):
        self.send(200, {"outputs": [], "more": "x" * 3_000_000})

    def nonsense(self, _):
        self.send(200, {"outputs": [{"name": "p", "datatype": "FP32", "shape": [1, 3], "data": ["a", "b", "c"]}]})

    def narrow(self, _):
        self.send(200, {"outputs": [{"name": "p", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]})

    def silent(self, _):
        self.server.released.wait(30)

    def trickles(self, _):
        self.send_response(200)
        self.send_header("content-length", "1000")
        self.end_headers()
        while not self.server.released.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def leaves(self, body):
        self.well(body)
        self.close_connection = True

    def send(self, status, body, **headers):
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture
def stub(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    server.daemon_threads = True
    server.asked, server.mood, server.released, server.width = [], "well", threading.Event(), 2
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.origin = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("STUB_TOKEN", f"{SECRET}\n")
    permit_servers({server.origin: "STUB_TOKEN"})
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def remote(stub, classes=("a", "b", "c")):
    options = {"url": f"{stub.origin}/v2/models/m", "classes": classes, "fields": {"u": "number", "v": "number"}}
    return declare_remote(options)


ROWS = [{"u": 1.0, "v": 2.0}, {"u": 0.5, "v": -1.0}]


def expected(rows=ROWS):
    powers = np.exp([[row["u"], row["v"], 0] for row in rows])
    return powers / powers.sum(axis=1, keepdims=True)


def test_rows_are_sent_in_one_tensor_and_the_output_that_says_most_is_asked_for(stub):
    model = remote(stub)
    np.testing.assert_allclose(model.transform(ROWS), expected())
    [(path, headers, body)] = stub.asked
    assert path == "/v2/models/m/infer"
    assert headers["authorization"] == f"Bearer {SECRET}"
    tensor = {"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1.0, 2.0, 0.5, -1.0]}
    assert body == {"inputs": [tensor], "outputs": [{"name": "p"}]}
    assert SECRET not in repr(model)
    stub.asked.clear()
    many = ROWS * 700
    np.testing.assert_allclose(model.transform(many), expected(many))
    assert [len(body["inputs"][0]["data"]) // 2 for _, _, body in stub.asked] == [1000, 400]


def test_a_missing_number_is_sent_as_null(stub):
    stub.mood = "refuses"
    with pytest.raises(ImportedModelRefused, match=r"refuses the request: no such.*shape"):
        remote(stub).transform([{"u": 1.0}])
    assert stub.asked[0][2]["inputs"][0]["data"] == [1.0, None]


def test_whole_numbers_are_places_among_the_classes(stub):
    stub.mood = "numbers"
    np.testing.assert_allclose(remote(stub).transform(ROWS), [[0, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize(
    ("mood", "error", "said"),
    [
        ("fails", RemoteModelUnavailable, "answers 500: out of memory"),
        ("redirects", RemoteModelUnavailable, "answers 307"),
        ("rambles", RemoteModelUnavailable, "too many bytes"),
        ("nonsense", ImportedModelFailed, "an answer that means nothing"),
        ("narrow", ImportedModelFailed, "2 columns for 3 classes"),
        ("silent", ImportedModelTooSlow, "gave no answer within 0.5 s"),
        ("trickles", ImportedModelTooSlow, "gave no answer within 0.5 s"),
    ],
)
def test_every_failure_is_one_line_and_the_next_call_is_answered(stub, mood, error, said):
    model = remote(stub)
    model.limit_calls(0.5)
    stub.mood = mood
    with pytest.raises(error, match=said) as found:
        model.transform(ROWS[:1])
    assert "\n" not in str(found.value)
    stub.mood = "well"
    model.limit_calls(30)
    np.testing.assert_allclose(model.transform(ROWS), expected())


@pytest.mark.parametrize("mood", ["refuses", "narrow", "nonsense"])
def test_a_model_that_takes_something_else_now_is_reported_as_that(stub, mood):
    columns = {"inputs": (("x", "FP32", 2), ("y", "FP32", 2))}
    model = Remote(
        f"{stub.origin}/v2/models/m", classes=("a", "b", "c"), fields={"x": "number", "y": "number"}, **columns
    )
    stub.mood = mood
    with pytest.raises(RemoteModelUnavailable, match=r"takes x FP32\[-1,2\] now, and not x FP32\[-1,-1\], y"):
        model.transform([{"x": 1.0, "y": 2.0}])


def tensors(stub, outputs='{p: "FP32[-1,3]"}'):
    given = f'{{inputs: {{x: "FP32[-1,2]"}}, outputs: {outputs}}}' if outputs else "own"
    return remote_tensors(f"{stub.origin}/v2/models/m", parse_signature(given))


X = {"x": np.array([[1, 2]], "<f4")}


def test_tensors_are_asked_by_what_the_server_says_or_the_user(stub):
    with pytest.raises(ImportInvalid, match=r"gave no output 'label' of the datatype INT64; it gave p FP32\[3,3\]"):
        tensors(stub, "")
    with pytest.raises(ImportInvalid, match="gave no output 'p' of the datatype FP64"):
        tensors(stub, '{p: "FP64[-1,3]"}')
    model = tensors(stub)
    assert model.own_signatures[DEFAULT_SIGNATURE].is_batched
    np.testing.assert_allclose(model.answer(DEFAULT_SIGNATURE, X, 1)["p"], expected([{"u": 1, "v": 2}]), rtol=1e-6)
    stub.mood = "refuses"  # made-up tensors too: it is taken at its word
    assert not tensors(stub, "").own_signatures[DEFAULT_SIGNATURE].is_batched


@pytest.mark.parametrize("mood", ["refuses", "well"])
def test_tensors_of_another_shape_now_are_reported_as_that(stub, mood):
    stub.mood = "refuses"
    model = tensors(stub, "")
    stub.mood, stub.width = mood, 5
    with pytest.raises(RemoteModelUnavailable, match=r"/m takes x FP32\[-1,5\] now, and not x FP32\[-1,2\] as at"):
        model.answer(DEFAULT_SIGNATURE, X, 1)


def test_a_connection_that_the_server_has_closed_is_opened_again(stub):
    stub.mood = "leaves"
    model = remote(stub)
    for _ in range(3):
        np.testing.assert_allclose(model.transform(ROWS), expected())


def test_a_server_that_no_settings_name_is_not_asked():
    model = Remote("http://127.0.0.1:9/v2/models/m", classes=("a", "b"), inputs=(("text", "BYTES", 1),))
    with pytest.raises(RemoteModelUnavailable, match=r"do not permit calls of http://127\.0\.0\.1:9: add it"):
        model.transform(["text"])


@pytest.mark.parametrize("path", ["/v2/models/m/infer", "/v2/models/../admin", "/v1/models/m", "/v2/models/m?x=1", ""])
def test_addresses_of_anything_else_are_refused(stub, path):
    if path.endswith("infer"):
        path = "/v2/models/m/infer/"
    with pytest.raises(ImportInvalid):
        declare_remote({"url": stub.origin + path, "classes": ["a", "b"]})


def test_fields_have_to_be_declared_where_the_server_names_none(stub):
    with pytest.raises(ImportInvalid, match="does not name the fields that it reads: declare them in its order"):
        declare_remote({"url": f"{stub.origin}/v2/models/m", "classes": ["a", "b", "c"]})
