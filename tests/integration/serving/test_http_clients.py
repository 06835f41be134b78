"""Clients by other authors against the server, and their unusual requests."""

import shutil
import subprocess

import pytest

BODY = '{"instances": ["a goal"]}'
PATH = "/v1/models/topics:predict"
JAVA = """
import java.net.URI;
import java.net.http.*;

public class Ask {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();  // offers HTTP/2 by an upgrade
        for (int round = 0; round < 3; round++) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0]))
                .POST(HttpRequest.BodyPublishers.ofString(arguments[1])).build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.version() + " " + answer.body());
        }
    }
}
"""


def said_by(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def curl():
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return lambda *arguments: said_by("curl", "-s", "--noproxy", "*", "-w", " %{http_code} %{http_version}", *arguments)


@pytest.mark.parametrize("options", [[], ["--http2"], ["--http1.0"], ["-H", "transfer-encoding: chunked"]], ids=str)
def test_curl(shared, curl, options):
    answer = curl(*options, "-d", BODY, shared.url + PATH)
    assert answer.startswith('{"predictions":[{"label":"sport"')
    assert answer.endswith(" 200 1.1")


def test_curl_asks_before_it_sends_a_large_body(shared, curl, tmp_path):
    file = tmp_path / "body.json"
    file.write_text(f'{{"instances": ["{"a goal " * 14_000}"]}}')
    expecting = ["-H", "expect: 100-continue", "--data-binary", f"@{file}"]
    assert curl("--http2", *expecting, shared.url + PATH).endswith(" 200 1.1")
    file.write_bytes(b"x" * 30_000_000)
    assert curl(*expecting, shared.url + PATH).endswith('"the body is over the limit of 1000000 bytes"} 413 1.1')


def test_javas_client(shared, tmp_path):
    if shutil.which("javac") is None:
        pytest.skip("no JDK is installed")
    source = tmp_path / "Ask.java"
    source.write_text(JAVA)
    lines = said_by("java", str(source), shared.url + PATH, BODY).splitlines()
    assert [line.split('"')[0] for line in lines] == ["200 HTTP_1_1 {"] * 3


@pytest.mark.parametrize("path", ["/v2", "/v2/models/topics", "/v2/health/live", "/v1/models/topics"])
def test_a_last_slash_changes_nothing(shared, path):
    plain, slashed = shared.client.get(path), shared.client.get(f"{path}/")
    assert (slashed.status_code, slashed.json()) == (200, plain.json())
    answer = shared.client.post(f"{PATH}/", content=BODY)
    assert answer.status_code == 200


def test_what_an_answer_repeats_is_bounded(shared):
    def ask(**fields):
        tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a goal"]}
        return shared.client.post("/v2/models/topics/infer", json={"inputs": [tensor], **fields})

    assert ask(id="x" * 1000).json()["id"] == "x" * 1000
    refused = ask(id="x" * 1001)
    assert (refused.status_code, len(refused.content) < 1000) == (400, True)
    refused = ask(outputs=[{"name": "y" * 500_000}])
    assert (refused.status_code, len(refused.content) < 5000) == (400, True)
