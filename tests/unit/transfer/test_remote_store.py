"""A store over HTTP with a hostile server: any answer becomes one line, and no token is shown."""

import http.server
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from argosy.errors import ArgosyError, ArtifactsFull, DefinitionInvalid, StoreUnavailable
from argosy.store import artifact_cache
from argosy.transfer import remote_store
from argosy.transfer.remote_store import RemoteStore

DIGEST = "a" * 64


@contextmanager
def answering(status, body):
    """The URL of a server with a fixed answer, and the requests that it received."""
    heads = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heads.append(dict(self.headers))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heads
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"error": "a\\n2026-11-28 12:00:00 INFO argosy: forged \\u001b[31m' + b"x" * 5000 + b'"}'),
        (404, b'{"error": ' + b"[" * 5000),
        (200, b'{"models": [], "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        (200, b'{"models": 1}'),
    ],
)
def test_any_answer_of_a_server_is_one_short_line(tmp_path, status, body):
    with answering(status, body) as (url, _), pytest.raises(Exception) as failed:
        RemoteStore(url, cache=tmp_path).all_versions()
    assert isinstance(failed.value, ArgosyError)
    assert str(failed.value).isprintable()
    assert len(str(failed.value)) < 500


def test_a_line_break_after_a_token_is_no_part_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ARGOSY_STORE_TOKEN", "argosy_1_s3cret\n")
    with answering(200, b'{"models": []}') as (url, heads):
        assert RemoteStore(url, cache=tmp_path).all_versions() == []
    assert heads[0]["Authorization"] == "Bearer argosy_1_s3cret"


@pytest.mark.parametrize("token", ["s3cret\r\nhost: other", "s3cr€t", "s3cret\x00"])
def test_a_token_that_no_header_holds_is_refused_and_not_shown(tmp_path, token):
    with pytest.raises(DefinitionInvalid) as refused:
        RemoteStore("http://127.0.0.1:9", token, tmp_path)
    assert "s3cr" not in str(refused.value)


def test_an_artifact_without_an_end_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(remote_store, "CACHE_BYTES", 1000)
    with answering(200, b"x" * 2000) as (url, _), pytest.raises(StoreUnavailable, match="more than 1,000 bytes"):
        RemoteStore(url, cache=tmp_path).fetch_artifact(DIGEST)
    assert [*(tmp_path / artifact_cache.INCOMING).iterdir()] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_without_room_is_not_blamed_on_the_server(tmp_path, monkeypatch):
    made = artifact_cache.tempfile.mkstemp

    def full(**how):
        descriptor, name = made(**how)
        Path(name).unlink()
        Path(name).symlink_to("/dev/full")
        return descriptor, name

    monkeypatch.setattr(artifact_cache.tempfile, "mkstemp", full)
    with answering(200, b"x" * 2000) as (url, _), pytest.raises(ArtifactsFull):
        RemoteStore(url, cache=tmp_path).fetch_artifact(DIGEST)
