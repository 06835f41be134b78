"""Limits of the store's routes: artifacts as JSON take many times their size in memory."""

import asyncio
import threading
from types import SimpleNamespace

from starlette.requests import Request

from argosy.store.artifacts.local import LocalArtifacts
from argosy.transfer import store_routes


def test_one_artifact_at_a_time_is_written_as_json(tmp_path, monkeypatch):
    (tmp_path / "source").write_bytes(b"content")
    artifacts = LocalArtifacts(f"file:{tmp_path}/artifacts")
    digest = artifacts.put(tmp_path / "source")
    both, together = threading.Barrier(2), []

    def as_json(_):
        try:
            together.append(both.wait(0.2))
        except threading.BrokenBarrierError:
            both.reset()
        return b"{}"

    monkeypatch.setattr(store_routes, "_as_json", as_json)
    (artifact,) = (
        one.handler
        for one in store_routes.store_routes(SimpleNamespace(artifacts=artifacts)).endpoints
        if one.name == "store_artifact"
    )
    scope = {"type": "http", "headers": [(b"accept", b"application/json")], "path_params": {"digest": digest}}

    async def asked_twice():
        return await asyncio.gather(*(artifact(Request(scope)) for _ in range(2)))

    assert [answer.body for answer in asyncio.run(asked_twice())] == [b"{}", b"{}"]
    assert together == []
