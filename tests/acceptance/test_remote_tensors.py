"""Models of tensors on other servers, as versions: another Argosy, and MLServer and KServe where they are installed."""

import json
import signal
import subprocess
from contextlib import contextmanager
from math import inf
from pathlib import Path

import httpx
import pytest

from argosy.testing.waiting import until
from servers.rabbitmq import free_ports

MLSERVER = Path(__file__).parents[2] / "benchmarks" / ".peers" / "mlserver" / "bin" / "mlserver"
KSERVE = Path(__file__).parents[2] / ".venv-kserve" / "bin" / "python"
EVERY = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"]
ECHO = """
class Model:
    def load(self, files):
        self.name = files["name.txt"]

    def predict(self, inputs):
        given = {name.replace("in", "out"): one for name, one in inputs.items()}
        return {**given, "name": inputs["in_BYTES"] + self.name}
"""
TENSORS = {f"in_{one}": f"{one}[-1,2]" for one in [*EVERY, "BYTES"]}
SIGNATURE = {
    "inputs": TENSORS,
    "outputs": {**{name.replace("in", "out"): one for name, one in TENSORS.items()}, "name": "BYTES[-1,2]"},
}
WIDER = {"inputs": {"x": "FP32[-1,3]"}, "outputs": {"y": "FP32[-1,3]"}}


def echo(shell, name, signature=SIGNATURE):
    """A version of the model `echo` that gives everything back, and its name; promoted."""
    folder = shell.folder / name
    folder.mkdir()
    (folder / "model.py").write_text(
        ECHO if signature is SIGNATURE else ECHO.replace('inputs["in_BYTES"] + self.name', "0")
    )
    (folder / "name.txt").write_text(name)
    declared = ("--format", "python", "--allow-pickle", "--signature", json.dumps(signature))
    made = shell.json("models", "import", folder, "--as", "echo", *declared)["version"]
    shell("models", "promote", made, "--yes")


@pytest.fixture
def there(empty, copy_of):
    """Another project whose server serves `echo`; its shell, the process and a client."""
    shell = copy_of(empty)
    echo(shell, "first")
    return shell, *shell.serve("serve")


@pytest.fixture
def here(empty, copy_of, there):
    """A project that may ask that server."""
    shell = copy_of(empty)
    shell.write("argosy.yaml", f"name: here\nremote_servers: [{{url: '{there[2].base_url}'}}]\n")
    return shell


def values(rows):
    """Of every datatype, as JSON's values."""
    numbers = {one: [[row, row + 1] for row in range(rows)] for one in EVERY}
    numbers["BOOL"] = [[True, False]] * rows
    numbers["FP64"] = [[0.1, None]] * rows
    return {**numbers, "BYTES": [[f"row {row}", "ü"] for row in range(rows)]}


def question(rows):
    data = values(rows)
    return {
        "inputs": [
            {"name": f"in_{one}", "datatype": one, "shape": [rows, 2], "data": data[one]} for one in [*EVERY, "BYTES"]
        ]
    }


def address(client, path=""):
    return f"{str(client.base_url).rstrip('/')}/v2/models/{path}"


def test_tensors_of_every_datatype_go_there_and_back(here, there):
    shell, client = here, there[2]
    found = shell.json("models", "import", address(client, "echo"), "--as", "echo", "--signature", "own")
    assert found["signatures"]["serving_default"]["is_batched"]
    shell("models", "promote", "echo@1")
    assert "remote" in shell("models", "show", "echo@1")
    _, ours = shell.serve("serve")
    described = [one.get("/v2/models/echo").json() for one in (ours, client)]
    assert described[0]["inputs"] == described[1]["inputs"]
    assert described[0]["outputs"] == described[1]["outputs"]
    answers = [one.post("/v2/models/echo/infer", json=question(3)).json()["outputs"] for one in (ours, client)]
    assert answers[0] == answers[1]
    data = {one["name"]: one["data"] for one in answers[0]}
    assert data["name"] == ["row 0first", "üfirst", "row 1first", "üfirst", "row 2first", "üfirst"]
    assert data["out_FP64"] == [0.1, None] * 3
    short = ours.post("/v2/models/echo/infer", json={"inputs": question(1)["inputs"][:-1]})
    assert short.status_code == 400
    assert "the input 'in_BYTES' is missing" in short.json()["error"]


def test_another_model_under_that_name_and_a_server_that_is_away_are_reported_in_one_line(here, there):
    shell, (other, process, client) = here, there
    shell("models", "import", address(client, "echo"), "--as", "echo", "--signature", "own")
    shell("models", "promote", "echo@1")
    _, ours = shell.serve("serve")
    assert ours.post("/v2/models/echo/infer", json=question(1)).status_code == 200
    echo(other, "second", WIDER)
    changed = until_not(ours, 200)
    assert changed.status_code == 503
    assert "takes x FP32[-1,3] now, and not in_BOOL BOOL[-1,2], " in changed.json()["error"]
    assert changed.json()["error"].endswith("as at the import: import it again")
    other("models", "promote", "echo@1", "--yes")
    assert until_not(ours, 503).status_code == 200
    other.end(process, signal.SIGKILL)
    away = ours.post("/v2/models/echo/infer", json=question(1))
    assert away.status_code == 503
    assert "cannot be asked: Connection refused" in away.json()["error"]
    by_rows = ours.post(
        "/v1/models/echo:predict", json={"inputs": {f"in_{one}": value for one, value in values(1).items()}}
    )
    assert by_rows.status_code == 503
    assert "cannot be asked: Connection refused" in by_rows.json()["error"]
    _, later = shell.serve("serve")  # away when the version is loaded too
    assert "cannot be asked" in later.post("/v2/models/echo/infer", json=question(1)).json()["error"]
    other.start("serve", "--port", client.base_url.port)
    assert until_not(later, 503).status_code == 200


def until_not(client, status):
    """The first answer of another status."""
    return until(
        lambda: (found := client.post("/v2/models/echo/infer", json=question(1))).status_code != status and found
    )


def test_what_a_server_does_not_say_is_declared(here, there):
    shell, client = here, there[2]
    url = address(client, "echo")
    assert "does not say" not in shell.mistake("models", "import", url, "--as", "a", "--signature", "{inputs: 1}")
    assert "answers 404" in shell.mistake(
        "models", "import", address(client, "none"), "--as", "a", "--signature", "own"
    )
    refused = shell.mistake("models", "import", "http://127.0.0.1:1/v2/models/x", "--as", "a", "--signature", "own")
    assert "do not permit calls of http://127.0.0.1:1" in refused


RUNTIME = """
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse


class Model(MLModel):
    async def load(self):
        return True

    async def predict(self, payload):
        x, word = NumpyCodec.decode_input(payload.inputs[0]), StringCodec.decode_input(payload.inputs[1])
        factor = payload.parameters.factor
        echo = StringCodec.encode_output("echo", [one + "!" for one in word])
        outputs = [NumpyCodec.encode_output("y", x * factor), echo]
        return InferenceResponse(model_name=self.name, outputs=outputs)
"""


DECLARED = {
    "inputs": {"x": "FP64[-1,2]", "word": "BYTES[-1]"},
    "outputs": {"y": "FP64[-1,2]", "echo": "BYTES[-1,1]"},
}


@pytest.mark.skipif(not MLSERVER.exists(), reason="MLServer is not installed: make bench-peers")
def test_a_model_of_mlserver_is_a_version(empty, copy_of, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "runtime.py").write_text(RUNTIME)
    http_port, grpc_port, metrics_port = free_ports(3)
    ports = {"http_port": http_port, "grpc_port": grpc_port, "metrics_port": metrics_port, "parallel_workers": 0}
    (folder / "settings.json").write_text(json.dumps({"host": "127.0.0.1", **ports}))
    (folder / "model-settings.json").write_text('{"name": "double", "implementation": "runtime.Model"}')
    with peer([MLSERVER, "start", "."], folder, http_port) as url:
        shell = asking(copy_of(empty), url)
        asked = ("models", "import", f"{url}/v2/models/double", "--as", "double", "--signature")
        assert "does not say what it takes and gives: declare its inputs" in shell.mistake(*asked, "own")
        said = shell.run(*asked, json.dumps({**DECLARED, "parameters": {"factor": 3}}))
        assert (said.code, "in binary" in said.err) == (0, False)
        ours = served(shell)
        answer = ours.post("/v1/models/double:predict", json={"inputs": {"x": [[1, 2], [3, 4.5]], "word": ["a", "ü"]}})
        assert answer.json()["outputs"] == {"y": [[3, 6], [9, 13.5]], "echo": [["a!"], ["ü!"]]}
        infinite = b'{"inputs": {"x": [[1, Infinity]], "word": ["a"]}}'
        wrong = ours.post("/v1/models/double:predict", content=infinite)
        assert wrong.status_code == 400
        assert "an infinity, which the other server cannot be sent" in wrong.json()["error"]


OF_KSERVE = """
import sys

from kserve import InferOutput, InferResponse, Model, ModelServer


SHAPES = {"x": ("FP64", [-1, 2]), "word": ("BYTES", [-1]), "y": ("FP64", [-1, 2]), "echo": ("BYTES", [-1])}
TYPES = {name: {"name": name, "datatype": datatype, "shape": shape} for name, (datatype, shape) in SHAPES.items()}


class Double(Model):
    def load(self):
        self.ready = True

    async def get_input_types(self):
        return [TYPES["x"], TYPES["word"]]

    async def get_output_types(self):
        return [TYPES["y"], TYPES["echo"]]

    async def predict(self, payload, headers=None, response_headers=None):
        x, word = (one.as_numpy() for one in payload.inputs)
        given = []
        for name, datatype, value in (("y", "FP64", x * 2), ("echo", "BYTES", word)):
            output = InferOutput(name, list(value.shape), datatype)
            output.set_data_from_numpy(value, binary_data=True)
            given.append(output)
        return InferResponse("1", "double", infer_outputs=given, requested_outputs=payload.request_outputs)


model = Double("double")
model.load()
ModelServer(http_port=int(sys.argv[1]), enable_grpc=False).start([model])
"""


@pytest.mark.skipif(not KSERVE.exists(), reason="KServe is not installed: make kserve")
def test_a_model_of_kserve_is_a_version_which_is_asked_in_binary(empty, copy_of, tmp_path):
    (tmp_path / "of_kserve.py").write_text(OF_KSERVE)
    [port] = free_ports(1)
    with peer([KSERVE, "of_kserve.py", str(port)], tmp_path, port) as url:
        shell = asking(copy_of(empty), url)
        said = shell.run("models", "import", f"{url}/v2/models/double", "--as", "double", "--signature", "own")
        assert (said.code, "in binary" in said.err) == (0, True)
        assert "rows of several requests are answered together" in said.out
        ours = served(shell)
        exact = b'{"inputs": {"x": [[1, 2], [Infinity, 4.5]], "word": ["a", "\xc3\xbc"]}}'
        answer = ours.post("/v1/models/double:predict", content=exact)
        assert answer.status_code == 200, answer.text
        assert answer.json()["outputs"] == {"y": [[2, 4], [inf, 9]], "echo": ["a", "ü"]}


@contextmanager
def peer(command, folder, port):
    """Another server, and its address once its model `double` is ready."""
    url, quiet = f"http://127.0.0.1:{port}", subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet) as process:
        try:
            until(lambda: is_ready(f"{url}/v2/models/double/ready"))
            yield url
        finally:
            process.terminate()


def asking(shell, url):
    shell.write("argosy.yaml", f"name: here\nremote_servers: [{{url: '{url}'}}]\n")
    return shell


def served(shell):
    shell("models", "promote", "double@1")
    return shell.serve("serve")[1]


def is_ready(url):
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
