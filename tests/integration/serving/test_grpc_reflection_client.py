"""A client in Go that knows the services by reflection alone, as grpcurl does: `buf curl`."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from argosy.serving.grpc.messages import FEEDBACK_SERVICE, INFERENCE
from argosy.testing.waiting import PATIENCE

BUF = shutil.which("buf", path=str(Path(sys.executable).parent))
SERVICES = {
    INFERENCE,
    FEEDBACK_SERVICE,
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}


def curl(server, *arguments, method=""):
    command = [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments]
    return subprocess.run(
        [*command, f"http://{server.grpc_address}{method}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("version", ["grpc-v1", "grpc-v1alpha"])
def test_it_lists_services_and_methods(over_grpc, version):
    listed = curl(over_grpc, "--reflect-protocol", version, "--list-services")
    assert set(listed.stdout.split()) == SERVICES, listed.stderr
    methods = curl(over_grpc, "--reflect-protocol", version, "--list-methods")
    services = [line.rpartition("/")[0] for line in methods.stdout.split()]
    assert set(services) == SERVICES, methods.stderr
    assert f"{INFERENCE}/ModelInfer" in methods.stdout.split()


def test_it_is_answered_and_gives_feedback(over_grpc):
    text = base64.b64encode(b"a goal for the team").decode()
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "contents": {"bytes_contents": [text]}}
    asked = curl(
        over_grpc, "-d", json.dumps({"model_name": "topics", "inputs": [tensor]}), method=f"/{INFERENCE}/ModelInfer"
    )
    answer = json.loads(asked.stdout)
    [label] = [one["contents"]["bytesContents"] for one in answer["outputs"] if one["name"] == "label"]
    assert [base64.b64decode(one) for one in label] == [b"sport"]
    given = {"prediction_id": answer["parameters"]["prediction_id"]["stringParam"], "label": "money"}
    kept = curl(over_grpc, "-d", json.dumps(given), method=f"/{FEEDBACK_SERVICE}/GiveFeedback")
    assert json.loads(kept.stdout)["added"] == 1
    health = curl(over_grpc, method="/grpc.health.v1.Health/List")
    assert health.stdout, health.stderr
    assert json.loads(health.stdout)["statuses"][INFERENCE] == {"status": "SERVING"}


def test_it_shows_the_error(over_grpc):
    refused = curl(over_grpc, "-d", '{"model_name": "topcs"}', method=f"/{INFERENCE}/ModelInfer")
    error = json.loads(refused.stderr)
    assert (error["code"], "did you mean 'topics'" in error["message"]) == ("not_found", True)
