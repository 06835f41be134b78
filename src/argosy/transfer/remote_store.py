"""A store that another machine offers over HTTP (`store_routes.py`), read with no access to its database.

What was fetched is kept in a folder that all processes of a user share, compared with its digest as it arrives.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from argosy.errors import ArtifactCorrupt, DefinitionInvalid, ModelNotFound, StoreUnavailable, VersionNotFound
from argosy.models.adapted_model import AdaptedModel
from argosy.shortening import shortened
from argosy.store.artifact_cache import ArtifactCache
from argosy.store.artifact_store import Sha256, check_bytes, check_digest, out_of_room, sha256_of
from argosy.store.references import parse_reference, select_version
from argosy.store.trained import Version
from argosy.terminal_text import visible_line
from argosy.transfer.documents import ModelsDocument, TrainedDocument

TOKEN: Final = "ARGOSY_STORE_TOKEN"  # noqa: S105  # the variable's name
"""The variable that a token with the scope `store` is taken from, where none is given."""
SECONDS: Final = 30.0
"""That the server may be silent for."""
DOCUMENT_BYTES: Final = 100_000_000
CACHE_BYTES: Final = 10_000_000_000
CHUNK_BYTES: Final = 1 << 20
SAID_CHARACTERS: Final = 300
"""Of what a server says is wrong, as much as is shown."""
T = TypeVar("T")


class RemoteStore:
    """`http://HOST:PORT` or `https://…`; raises StoreUnavailable. Any thread."""

    def __init__(self, url: str, token: str = "", cache: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise DefinitionInvalid("it is not a server's address: write https://HOST:PORT", "store")
        self.url = url.rstrip("/")
        self._token = _token(token)
        self._cache = ArtifactCache(cache or _cache_folder(), CACHE_BYTES)
        self._opener = urllib.request.build_opener(_NoRedirects)
        self._versions: tuple[str, list[Version]] = ("", [])
        """The entity tag of the list that was read last, and the list."""

    @classmethod
    def reached(cls, url: str, home: Path) -> Self:
        """That of a server which answers, with a project's cache; raises StoreUnavailable."""
        made = cls(url, cache=home / "cache")
        made.all_versions()
        return made

    def all_versions(self) -> list[Version]:
        """Every model's versions; asked again, it is sent only where it has changed."""
        tag, known = self._versions
        status, headers, body = self._get("models", {"if-none-match": tag} if tag else {})
        if status != 304:
            models = _decoded(body, ModelsDocument).models
            known = [
                Version(
                    *(one.model, one.number, one.label, one.artifact, one.created_at, tuple(one.aliases), one.mark),
                    one.decisions,
                )
                for model in models
                for one in model.versions
            ]
            self._versions = (headers.get("etag", ""), known)
        return list(known)

    def stored_version(self, reference: str) -> Version:
        """What `MODEL@ALIAS`, `MODEL@NUMBER` or `MODEL` means there; raises ModelNotFound, VersionNotFound."""
        model, wanted = parse_reference(reference)
        versions = [version for version in self.all_versions() if version.model == model]
        if not versions:
            raise ModelNotFound(f"{self.url} has no model '{model}'")
        return select_version(model, wanted, versions)

    def trained(self, reference: str) -> TrainedDocument:
        """How a version was made; raises ModelNotFound, VersionNotFound."""
        version = self.stored_version(reference)
        path = f"models/{quote(version.model, safe='')}/versions/{version.number}"
        return _decoded(self._get(path, {})[2], TrainedDocument)

    def fetch_artifact(self, digest: str, sha256: Sha256 = sha256_of) -> Path:
        """A local file with the artifact's bytes, compared with its digest just now. Raises ArtifactCorrupt."""
        bring = partial(self._bring, check_digest(digest))
        with out_of_room(self._cache.folder):
            found = self._cache.get(digest, bring)
            try:
                return check_bytes(found, digest, sha256)
            except ArtifactCorrupt:  # the copy is
                self._cache.drop(digest)
            return self._cache.get(digest, bring)

    def fetch(self, reference: str) -> AdaptedModel:
        """The model that a reference means, ready to answer."""
        version = self.stored_version(reference)
        return AdaptedModel.load(self.fetch_artifact(version.artifact)).decided_by(version.decisions)

    def _bring(self, digest: str, target: Path) -> None:
        with target.open("wb") as file:  # a disk without room is no fault of the server
            for chunk in self._chunks(f"artifacts/{digest}"):
                file.write(chunk)

    def _chunks(self, path: str) -> Iterator[bytes]:
        left = CACHE_BYTES
        try:
            with self._opener.open(self._request(path, {}), timeout=SECONDS) as answer:
                while chunk := answer.read(CHUNK_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        raise StoreUnavailable(f"{self.url} sends more than {CACHE_BYTES:,} bytes as an artifact")
                    yield chunk
        except (urllib.error.URLError, HTTPException, OSError) as error:
            raise self._unavailable(error) from None

    def _get(self, path: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        try:
            with self._opener.open(self._request(path, headers), timeout=SECONDS) as answer:
                return answer.status, answer.headers, answer.read(DOCUMENT_BYTES)
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return 304, {}, b""
            raise self._unavailable(error) from None
        except (urllib.error.URLError, HTTPException, OSError) as error:
            raise self._unavailable(error) from None

    def _request(self, path: str, headers: Mapping[str, str]) -> urllib.request.Request:
        allowed = {"authorization": f"Bearer {self._token}"} if self._token else {}
        return urllib.request.Request(f"{self.url}/store/{path}", headers={**headers, **allowed})  # noqa: S310

    def _unavailable(self, error: Exception) -> Exception:
        if isinstance(error, urllib.error.HTTPError):
            said = _said(error)
            if error.code == 404:
                return VersionNotFound(f"{self.url}: {said}")
            if error.code == 401:
                said = f"set {TOKEN} to one of its tokens with the scope 'store' ({said})"
            return StoreUnavailable(f"{self.url} answers {error.code}: {said}")
        reason = getattr(error, "reason", error)
        shown = _shown(getattr(reason, "strerror", None) or reason)
        return StoreUnavailable(f"{self.url} cannot be read: {shown}")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is sent only to the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _token(given: str) -> str:
    """As a header may hold it: secrets in files often end with a line break, which is no part of them."""
    token = (given or os.environ.get(TOKEN, "")).strip()
    if not token.isascii() or not token.isprintable():
        raise DefinitionInvalid(f"its token has characters that cannot be in a token: see {TOKEN}", "store")
    return token


def _said(error: urllib.error.HTTPError) -> str:
    try:
        said = msgspec.json.decode(error.read(10_000))["error"]
    except (msgspec.MsgspecError, RecursionError, OSError, KeyError, TypeError, HTTPException):
        said = error.reason
    return _shown(said)


def _shown(said: object) -> str:
    """One line, whatever the server sent: it goes into errors and logs."""
    return visible_line(shortened(str(said).strip(), SAID_CHARACTERS))


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StoreUnavailable(f"the server's answer is not a {kind.__name__}: {_shown(error)}") from None


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home else Path.home() / ".cache") / "argosy" / "artifacts"
