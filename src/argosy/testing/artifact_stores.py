"""What every `ArtifactStore` must do. Each of `CHECKS` takes a `Bench`: how to open and damage an empty store."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.errors import ArtifactCorrupt, ArtifactNotFound
from argosy.store.artifact_store import ArtifactStore
from argosy.testing.expecting import raised


@dataclass(frozen=True)
class Bench:
    """`opened()` gives a new handle, `damage` alters an artifact's kept bytes, `folder` is for the check's files."""

    opened: Callable[[], ArtifactStore]
    damage: Callable[[str], None]
    folder: Path

    def file(self, content: bytes, name: str = "source") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def bytes_come_back(bench: Bench) -> None:
    content = bytes(range(256)) * 10_000
    digest = bench.opened().put(bench.file(content))
    assert digest == hashlib.sha256(content).hexdigest()
    other = bench.opened()
    assert other.exists(digest)
    assert other.path(digest).read_bytes() == content
    assert other.fetch(digest).read_bytes() == content


def an_empty_file_is_kept(bench: Bench) -> None:
    store = bench.opened()
    assert store.fetch(store.put(bench.file(b""))).read_bytes() == b""


def the_source_may_go(bench: Bench) -> None:
    store, source = bench.opened(), bench.file(b"content")
    digest = store.put(source)
    source.write_bytes(b"another")
    source.unlink()
    assert store.fetch(digest).read_bytes() == b"content"


def the_same_bytes_are_kept_once(bench: Bench) -> None:
    store = bench.opened()
    digests = {store.put(bench.file(b"content", name)) for name in ("a", "b")}
    assert len(digests) == 1
    assert store.delete(digests.pop())


def many_may_put_at_once(bench: Bench) -> None:
    sources = [bench.file(str(number % 4).encode() * 100_000, str(number)) for number in range(12)]
    digests: list[str] = []
    threads = [
        threading.Thread(target=lambda source=source: digests.append(bench.opened().put(source))) for source in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 12
    assert len(set(digests)) == 4
    assert all(bench.opened().fetch(digest).stat().st_size == 100_000 for digest in digests)


def what_is_not_there_is_said_so(bench: Bench) -> None:
    store = bench.opened()
    for digest in ("0" * 64, "../../etc/passwd", "", "A" * 64):
        for ask in (store.path, store.fetch):
            raised(ArtifactNotFound, ask, digest)
    assert not store.exists("0" * 64)
    assert not store.delete("0" * 64)


def a_deleted_artifact_is_gone(bench: Bench) -> None:
    store = bench.opened()
    digest = store.put(bench.file(b"content"))
    with store.fetch(digest).open("rb") as reader:
        assert store.delete(digest)
        assert reader.read() == b"content"
    assert not store.exists(digest)
    assert store.put(bench.file(b"content")) == digest
    assert store.exists(digest)


def damage_is_noticed_and_mended(bench: Bench) -> None:
    store = bench.opened()
    digest = store.put(bench.file(b"content" * 1000))
    bench.damage(digest)
    assert digest[:12] in str(raised(ArtifactCorrupt, bench.opened().fetch, digest))
    assert store.put(bench.file(b"content" * 1000)) == digest
    assert store.fetch(digest).read_bytes() == b"content" * 1000


def what_is_there_is_listed_with_its_age(bench: Bench) -> None:
    store = bench.opened()
    assert list(store.list_artifacts()) == []
    before = time.time() - 2.0  # a store's clock may count whole seconds
    digests = {store.put(bench.file(content)) for content in (b"one", b"two")}
    first = {one.digest: one.put_at for one in bench.opened().list_artifacts()}
    assert first.keys() == digests
    assert all(before <= at <= time.time() + 2.0 for at in first.values())
    again = store.put(bench.file(b"one"))
    assert {one.digest: one.put_at for one in store.list_artifacts()}[again] >= first[again]
    store.delete(again)
    assert {one.digest for one in store.list_artifacts()} == digests - {again}


CHECKS: Final[tuple[Callable[[Bench], None], ...]] = (
    bytes_come_back,
    an_empty_file_is_kept,
    the_source_may_go,
    the_same_bytes_are_kept_once,
    many_may_put_at_once,
    what_is_not_there_is_said_so,
    a_deleted_artifact_is_gone,
    damage_is_noticed_and_mended,
    what_is_there_is_listed_with_its_age,
)
