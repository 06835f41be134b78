"""The store over HTTP: models, versions, and artifacts, for machines that reach neither database nor artifact store.

Every answer has an entity tag, so that anyone who polls sends `If-None-Match` and is answered 304. An artifact's never
changes; ranges of it may be asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from argosy.errors import InputTooLarge
from argosy.http.endpoint import Endpoint, Routes
from argosy.http.responses import to_json
from argosy.http.schemas import ANYTHING
from argosy.models.artifact_format import read_artifact
from argosy.store.references import select_version
from argosy.store.store import Store
from argosy.transfer.documents import (
    ModelsDocument,
    TrainedDocument,
    artifact_document,
    models_document,
    trained_document,
)
from argosy.vault.tokens import STORE

JSON: Final = "application/json"
JSON_BYTES: Final = 50_000_000
"""The largest artifact that is written out as JSON, one at a time: that takes many times its bytes."""
_ETAG: Final = {"etag": "Names this very answer; sent back as `if-none-match`, it saves an answer that is the same."}
_SAME: Final = {"304": "It is what `if-none-match` names."}


def store_routes(store: Store) -> Routes:
    routes = _StoreRoutes(store)

    def endpoint(path: str, name: str, handler: object, summary: str, gives: str, **more: object) -> Endpoint:
        return Endpoint(
            "GET",
            f"/store/{path}",
            name,
            handler,  # type: ignore[arg-type]
            summary,
            gives,
            scope=STORE,
            tag="store",
            response_headers=_ETAG,
            statuses=_SAME,
            **more,  # type: ignore[arg-type]
        )

    return Routes(
        [
            endpoint("models", "store_models", routes.models, "Every model with its versions.", "ModelsDocument"),
            endpoint(
                "models/{model}/versions/{version}",
                "store_version",
                routes.version,
                "How a version was made; `version` is a number or an alias.",
                "TrainedDocument",
            ),
            endpoint(
                "artifacts/{digest}",
                "store_artifact",
                routes.artifact,
                "A model's file; with `accept: application/json` its header and arrays as JSON.",
                "StoredArtifact",
                request_headers={"range": "Which bytes.", "accept": "application/json for JSON."},
            ),
        ],
        {"StoredArtifact": ANYTHING},
        [ModelsDocument, TrainedDocument],
        path_parameters={
            "model": "The model's name.",
            "version": "The version's number, or an alias.",
            "digest": "The SHA-256 of an artifact.",
        },
        places={"store": "GET /store/models"},
    )


class _StoreRoutes:
    """The database and the artifact store are waited for on a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._one_as_json = asyncio.Semaphore(1)

    async def models(self, request: Request) -> Response:
        versions = await asyncio.to_thread(self._store.all_versions)
        return _tagged(request, to_json(models_document(versions)))

    async def version(self, request: Request) -> Response:
        return await asyncio.to_thread(self._version, request)

    async def artifact(self, request: Request) -> Response:
        if not _wants_json(request):
            return await asyncio.to_thread(self._artifact, request)
        async with self._one_as_json:
            return await asyncio.to_thread(self._artifact, request)

    def _version(self, request: Request) -> Response:
        model, wanted = request.path_params["model"], request.path_params["version"]
        found = select_version(model, wanted, self._store.versions(model))
        return _tagged(request, to_json(trained_document(found, self._store.trained(found.label))))

    def _artifact(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        is_json = _wants_json(request)
        headers = {"etag": f'"{digest}{"-json" if is_json else ""}"', "vary": "accept"}
        headers["cache-control"] = "private, max-age=31536000, immutable"
        if _is_known(request, headers["etag"]):
            self._store.artifacts.path(digest)
            return Response(status_code=304, headers=headers)
        if "range" in request.headers and not is_json:  # a file in a thousand pieces is not hashed a thousand times
            path = self._store.artifacts.path(digest)
        else:
            path = self._store.artifacts.fetch(digest)
        if is_json:
            return Response(_as_json(path), headers=headers, media_type=JSON)
        return FileResponse(path, headers=headers, media_type="application/octet-stream")


def _wants_json(request: Request) -> bool:
    return JSON in request.headers.get("accept", "")


def _as_json(path: Path) -> bytes:
    size = path.stat().st_size
    if size > JSON_BYTES:
        raise InputTooLarge(
            f"an artifact of {size:,} bytes is not written as JSON, {JSON_BYTES:,} at most: ask for bytes"
        )
    return msgspec.json.encode(artifact_document(*read_artifact(path)))


def _tagged(request: Request, body: bytes) -> Response:
    headers = {"etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "cache-control": "private, no-cache"}
    if _is_known(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=JSON)


def _is_known(request: Request, tag: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return tag in known or known == ["*"]
