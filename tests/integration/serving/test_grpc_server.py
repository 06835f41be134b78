"""The server of gRPC: tokens, limits, its address, and how the command starts and ends it."""

import socket
import subprocess
import sys
from contextlib import ExitStack

import grpc
import pytest
from grpc_calls import FEEDBACK_SERVICE, GiveFeedback, ask, channel, columns, failure, infer_message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from argosy.serving.grpc.messages import INFERENCE
from argosy.testing.waiting import PATIENCE
from argosy.vault.tokens import SCOPES

METHODS = {
    "predict": ("ModelInfer", "ModelReady", "ModelMetadata", "ServerMetadata", "ModelStatistics", "RepositoryIndex"),
    "admin": ("RepositoryModelLoad", "RepositoryModelUnload"),
    "": ("ServerLive", "ServerReady"),
}


def bearing(token):
    return (("authorization", f"Bearer {token}"),) if token else ()


def test_every_method_needs_its_scope(project, start):
    project.promote(project.train())
    tokens = {scope: project.tokens.create(scope, [scope]) for scope in SCOPES}
    server = start(grpc=True)
    needed = {
        **{(INFERENCE, method): scope for scope, methods in METHODS.items() for method in methods},
        (FEEDBACK_SERVICE, "GiveFeedback"): "feedback",
    }
    for (service, method), scope in needed.items():
        for shown, token in {"": "", **tokens, "unknown": "argosy_000000000000_" + "a" * 43}.items():
            try:
                _, call = ask(server, method, service=service, metadata=bearing(token))
                code = call.code().name
            except grpc.RpcError as error:
                code = error.code().name
            if scope in ("", shown):
                assert code not in ("UNAUTHENTICATED", "PERMISSION_DENIED"), (method, shown)
            else:
                assert code == ("PERMISSION_DENIED" if shown in SCOPES else "UNAUTHENTICATED"), (method, shown)
    code, details = failure(server, "ModelInfer")
    assert "Authorization: Bearer" in details
    with channel(server) as opened:
        assert health_pb2_grpc.HealthStub(opened).Check(health_pb2.HealthCheckRequest()).status


def test_a_prediction_and_feedback_bear_the_tokens_name(project, start):
    project.promote(project.train())
    token = project.tokens.create("shop", ["predict", "feedback"], "till")
    server = start(grpc=True)
    answer, _ = ask(server, "ModelInfer", infer_message("a goal"), metadata=bearing(token))
    prediction_id = answer.parameters["prediction_id"].string_param
    assert project.predictions.get(prediction_id).token == "shop"
    given = GiveFeedback(label="money", prediction_id=prediction_id, source="desk")
    code, details = failure(server, "GiveFeedback", given, FEEDBACK_SERVICE, metadata=bearing(token))
    assert (code, "gives feedback as 'till'" in details) == ("PERMISSION_DENIED", True)


def argosy(folder, *arguments, **also):
    command = [sys.executable, "-m", "argosy", "-C", str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **also)


def test_the_command_prints_its_address_and_ends_on_a_signal(tmp_path):
    assert argosy(tmp_path, "init", tmp_path).wait(PATIENCE) == 0
    serving = argosy(tmp_path, "serve", "--port", 0, "--grpc-port", 0)
    lines = [serving.stdout.readline().strip() for _ in range(2)]
    assert lines[0].startswith("Serving on http://127.0.0.1:")
    assert lines[1].startswith("Serving on grpc://127.0.0.1:")
    with grpc.insecure_channel(lines[1].partition("//")[2]) as opened:
        grpc.channel_ready_future(opened).result(PATIENCE)
        serving.terminate()
        said = serving.communicate(timeout=PATIENCE)[1]
    assert (serving.returncode, said) == (0, "")


def test_an_address_that_cannot_be_listened_on_is_reported_in_one_line(tmp_path):
    assert argosy(tmp_path, "init", tmp_path).wait(PATIENCE) == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        serving = argosy(tmp_path, "serve", "--port", 0, "--grpc-port", taken.getsockname()[1])
        said = serving.communicate(timeout=PATIENCE)[1]
    assert serving.returncode == 2
    assert "another program listens on 127.0.0.1:" in said
    assert "Traceback" not in said


def test_a_server_without_the_extra_names_it(tmp_path):
    assert argosy(tmp_path, "init", tmp_path).wait(PATIENCE) == 0
    (tmp_path / "grpc.py").write_text("raise ModuleNotFoundError(\"No module named 'grpc'\", name='grpc')")
    done = argosy(
        tmp_path, "serve", "--port", 0, "--grpc-port", 0, env={"PYTHONPATH": f"{tmp_path}:{':'.join(sys.path)}"}
    )
    said = done.communicate(timeout=PATIENCE)[1]
    assert (done.returncode, "pip install 'argosy[grpc]'" in said) == (2, True), said


def test_there_are_only_so_many_connections(project, start):
    project.promote(project.train())
    server = start(grpc=True, connections=3)
    with ExitStack() as opened:
        for _ in range(3):
            grpc.channel_ready_future(opened.enter_context(channel(server))).result(PATIENCE)
        assert failure(server, "ServerLive")[0] == "UNAVAILABLE"
        assert server.client.get("/v2/health/live").status_code == 200
    server.until(lambda: is_live(server))


def is_live(server):
    try:
        return ask(server, "ServerLive")[0].live
    except grpc.RpcError:
        return False


def test_metadata_is_limited(over_grpc):
    long = (("argosy-entity", "e" * 20_000),)
    assert failure(over_grpc, "ModelInfer", infer_message("a goal"), metadata=long)[0] == "RESOURCE_EXHAUSTED"
    refused = (("argosy-entity", "e" * 1001),)
    assert failure(over_grpc, "ModelInfer", infer_message("a goal"), metadata=refused)[0] == "INVALID_ARGUMENT"
    assert columns(ask(over_grpc, "ModelInfer", infer_message("a goal"))[0])["label"] == [b"sport"]


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", bytes(range(256)) * 10, b""])
def test_what_is_not_http_2_is_closed(over_grpc, data):
    host, _, port = over_grpc.grpc_address.partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            continue
    assert ask(over_grpc, "ServerLive")[0].live
