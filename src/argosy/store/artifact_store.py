"""The artifact port: files kept under the sha256 of their bytes.

Guarantees, for every store:

- An `ArtifactStore` may be used from any thread and by any number of processes.
- When `put` returns, the bytes are durable; until then no reader sees them. Putting the same bytes twice, also at the
  same time, keeps them once.
- What a digest names never changes. `path` and `fetch` give a local file to read or map, never to write.
- `fetch` has compared the bytes with the digest; `path` trusts what was compared before.

Raises ArtifactNotFound for a digest that is not there, ArtifactCorrupt for bytes that are not what they were,
ArtifactsFull where there is no room: then nothing was kept; ArtifactsUnavailable while the store cannot be reached.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from argosy.errors import ArtifactCorrupt, ArtifactNotFound, ArtifactsFull

PIECE_BYTES: Final = 1 << 25
_DIGEST = re.compile(r"[0-9a-f]{64}")
Sha256 = Callable[[Path], str]
"""The hexadecimal digits of a file's digest."""


@dataclass(frozen=True)
class Kept:
    """An artifact that is there, and when it was last put: seconds since 1970 by the store's clock."""

    digest: str
    put_at: float


class ArtifactStore(Protocol):
    """See the module's guarantees."""

    def put(self, source: Path) -> str:
        """Keep a copy of the file; its digest."""

    def path(self, digest: str) -> Path:
        """A local file with the artifact's bytes."""

    def fetch(self, digest: str, sha256: Sha256 = ...) -> Path:
        """The same, its bytes compared with the digest just now; `sha256` computes that of a file."""

    def exists(self, digest: str) -> bool:
        """Whether the artifact is there."""

    def delete(self, digest: str) -> bool:
        """Forget the artifact; whether it was there. Readers that have it open keep what they have."""

    def list_artifacts(self) -> Iterator[Kept]:
        """Every artifact there is, in no order; one that comes or goes meanwhile may be missed.

        What else lies there, such as a file of the system's, is no artifact.
        """


@contextmanager
def out_of_room(folder: Path) -> Iterator[None]:
    """A disk without room as the port's error."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise ArtifactsFull(
            f"{folder}: {error.strerror}; the artifact was not kept: make room, and waiting jobs continue"
        ) from error


def is_digest(name: str) -> bool:
    """Whether an artifact may be called so."""
    return bool(_DIGEST.fullmatch(name))


def check_digest(digest: str) -> str:
    """The digest, if it is one; raises ArtifactNotFound."""
    if not is_digest(digest):
        raise ArtifactNotFound(f"'{digest}' is not an artifact's digest")
    return digest


def sha256_of(path: Path) -> str:
    """In long pieces: between two of them the thread holds the interpreter, which a server's requests want."""
    hashed = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(min(PIECE_BYTES, os.fstat(file.fileno()).st_size + 1)))
        while size := file.readinto(buffer):
            hashed.update(buffer[:size])
    return hashed.hexdigest()


def check_bytes(path: Path, digest: str, sha256: Sha256 = sha256_of) -> Path:
    """The path, if the file's bytes have that digest; raises ArtifactCorrupt."""
    found = sha256(path)
    if found != digest:
        raise ArtifactCorrupt(
            f"{path}: its bytes have the digest {found[:12]}…, not {digest[:12]}…: "
            "restore the file from a copy, or train its definition again"
        )
    return path
