"""Access to a running server: tokens, their scopes, and that no file contains a token."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from argosy.errors import TokenMissing
from argosy.http.authentication import Authentication, is_loopback
from argosy.testing.waiting import PATIENCE
from argosy.vault.tokens import SCOPES

ROUTES = {
    "predict": [
        ("POST", "/v1/models/topics:predict", {"instances": ["a goal"]}),
        ("GET", "/v1/models/topics", None),
        ("GET", "/v2", None),
        ("GET", "/v2/models/topics", None),
    ],
    "feedback": [
        ("POST", "/feedback", {"prediction_id": "00", "label": "sport"}),
        ("POST", "/outcomes", {"service": "none", "outcome": "bought", "inputs": {}, "at": 0}),
    ],
    "store": [("GET", "/store/models", None), ("GET", "/store/models/topics/versions/1", None)],
    "admin": [("GET", "/metrics", None)],
    "": [("GET", "/v2/health/live", None), ("GET", "/v2/health/ready", None), ("GET", "/openapi.json", None)],
}


def statuses(server, token="", kind="Bearer"):
    """Scope to the statuses of its routes."""
    headers = {"authorization": f"{kind} {token}"} if token else {}
    return {
        scope: {
            server.client.request(method, path, json=body, headers=headers).status_code for method, path, body in all_
        }
        for scope, all_ in ROUTES.items()
    }


def test_a_server_for_this_machine_only_requires_no_token_until_one_is_made(project, start):
    project.promote(project.train())
    server = start()
    open_ = {"predict": {200}, "feedback": {404}, "store": {200}, "admin": {200}, "": {200}}
    assert statuses(server) == open_
    token = project.tokens.create("all", SCOPES)
    server.until(lambda: server.client.get("/metrics").status_code == 401)
    assert statuses(server) == {**{scope: {401} for scope in SCOPES}, "": {200}}
    assert statuses(server, token) == open_
    assert statuses(server, token, kind="bearer") == open_
    assert statuses(server, token, kind="Basic")["predict"] == {401}
    refused = server.client.get("/metrics")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in refused.json()["error"]


def test_a_token_opens_its_scopes_alone_until_it_is_revoked(project, start):
    project.promote(project.train())
    tokens = {scope: project.tokens.create(f"{scope}-only", [scope]) for scope in SCOPES}
    server = start()
    works = {"predict": {200}, "feedback": {404}, "store": {200}, "admin": {200}}
    for scope, token in tokens.items():
        expected = {other: works[other] if other == scope else {403} for other in works}
        assert statuses(server, token) == {**expected, "": {200}}
    for name in (f"{scope}-only" for scope in SCOPES):
        project.tokens.revoke(name)
    for token in tokens.values():
        server.until(lambda token=token: statuses(server, token)["admin"] == {401})
    assert statuses(server)["predict"] == {401}, "revoking the last token opens nothing"
    server.close()
    written = b"".join(path.read_bytes() for path in project.folder.rglob("*") if path.is_file())
    for token in tokens.values():
        assert token[20:].encode() not in written


def test_beyond_this_machine_no_server_starts_without_a_token(project):
    guard = Authentication(project.tokens)
    for host in ("127.0.0.1", "::1", "localhost"):
        guard.open_to(host)
    assert not guard.is_closed
    for host in ("0.0.0.0", "::", "192.168.1.1"):
        with pytest.raises(TokenMissing, match="argosy tokens create"):
            guard.open_to(host)
    assert guard.is_closed
    project.tokens.create("shop", ["predict"])
    Authentication(project.tokens).open_to("0.0.0.0")
    project.tokens.revoke("shop")
    with pytest.raises(TokenMissing):
        Authentication(project.tokens).open_to("0.0.0.0")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")),
        *((host, False) for host in ("0.0.0.0", "", "::", "10.0.0.1", "fe80::1%eth0", "no.such.host.invalid")),
    ],
)
def test_which_addresses_only_this_machine_reaches(host, expected):
    assert is_loopback(host) is expected


def test_the_commands_make_list_and_revoke_tokens(tmp_path):
    def argosy(*arguments, code=0):
        command = [sys.executable, "-m", "argosy", "-C", str(tmp_path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == code, done.stderr
        return done

    argosy("init", str(tmp_path))
    said = argosy("serve", "--host", "0.0.0.0", "--port", "0", code=2).stderr
    assert "argosy tokens create" in said
    assert "127.0.0.1" in said
    assert "No token yet" in argosy("tokens", "list").stdout
    token = argosy("tokens", "create", "--name", "shop", "--scope", "predict,feedback").stdout.strip()
    assert token.startswith("argosy_")
    assert json.loads(argosy("tokens", "create", "--name", "ops", "--scope", "admin", "--json").stdout)["token"]
    listed = argosy("tokens", "list").stdout
    assert "shop" in listed
    assert token not in listed
    assert "refused" in argosy("tokens", "revoke", "shop").stdout
    rows = json.loads(argosy("tokens", "list", "--json").stdout)
    assert [(row["name"], bool(row["revoked_at"])) for row in rows] == [("shop", True), ("ops", False)]
    assert [(row["source"], row["claims"]) for row in rows] == [("shop", ""), ("ops", "")]
    claiming = ("tokens", "create", "--name", "till", "--scope", "feedback", "--source", "booking", "--claim")
    made = json.loads(argosy(*claiming, "outcome, uniform", "--json").stdout)
    assert (made["source"], made["claims"]) == ("booking", ["outcome", "uniform"])
    assert "booking" in argosy("tokens", "list").stdout
    assert "there are outcome, uniform, entity" in argosy(*claiming, "truth", code=2).stderr
    assert (
        "there are predict, feedback, store, admin"
        in argosy("tokens", "create", "--name", "x", "--scope", "y", code=2).stderr
    )
    held = b"".join(path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file())
    assert token[20:].encode() not in held


def documented_scope(path):
    """A route's scope by the table in docs/serving.md: its row has the path, or its beginning (`…`)."""
    text = (Path(__file__).parents[3] / "docs" / "serving.md").read_text()
    rows = re.findall(r"^\| (?:`(\w+)`|none needed) \| (.+) \|$", text.partition("| scope | opens |")[2], re.MULTILINE)
    found = {
        scope
        for scope, opens in rows
        for named in re.findall(r"`(/[^`]*)`", opens)
        if path == named or (named.endswith("…") and path.startswith(named[:-1]))
    }
    assert len(found) == 1, (path, found)
    return found.pop()


def test_every_route_needs_the_documented_scope(project, start):
    project.promote(project.train())
    tokens = {scope: project.tokens.create(scope, [scope]) for scope in SCOPES}
    server = start()
    routes = server.client.get("/openapi.json").json()["paths"]
    assert len(routes) > 15
    for path, methods in routes.items():
        needed = documented_scope(path)
        asked = path.format(model="topics", version="1", label="champion", digest="0" * 64)
        for method, operation in methods.items():
            assert [one["token"] for one in operation.get("security", [])] == ([[needed]] if needed else [])
            for scope, token in {"": "", **tokens}.items():
                headers = {"authorization": f"Bearer {token}"} if token else {}
                status = server.client.request(method, asked, headers=headers).status_code
                refused = {"": 401}.get(scope, 403) if needed not in ("", scope) else None
                assert (status == refused) if refused else (status not in (401, 403)), (method, path, scope)
