"""Imports: who added rows to a collection, when, and from what. Append-only; every revision names its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from argosy.database import Transaction
from argosy.database.database import in_lists
from argosy.errors import ArgosyError
from argosy.processes import user_at_host

ImportKind = Literal["file", "query", "rows", "feedback"]
DIGEST_CHARACTERS: Final = 64
COLUMNS: Final = "id, collection, kind, name, digest, imported_by, imported_at, rows_read, added, revised, asked_by"

NOTE = """
INSERT INTO imports (collection, kind, name, digest, imported_by, imported_at, rows_read, added, revised, asked_by)
VALUES (:collection, :kind, :name, :digest, :by, :now, :rows, :added, :revised, :asked_by) RETURNING id"""
BY_ID = f"SELECT {COLUMNS} FROM imports WHERE id IN (:ids) ORDER BY id"  # noqa: S608  # our own column list
FIND = f"""
SELECT {COLUMNS} FROM imports
WHERE (digest <> '' AND substr(digest, 1, :length) = :digest) OR name = :name ORDER BY id"""  # noqa: S608

ASKED = "SELECT id FROM imports WHERE asked_by = :asked_by ORDER BY id DESC LIMIT 1"
IMPORTED_DIGESTS = "SELECT DISTINCT digest FROM imports WHERE digest <> ''"
ASKED_CONTENT = "SELECT id FROM imports WHERE digest = :digest AND asked_by = :asked_by ORDER BY id DESC LIMIT 1"
NEWEST_REVISION = """
SELECT revision_id FROM examples WHERE collection = :collection ORDER BY revision_id DESC LIMIT 1"""
NEWEST_IMPORT = "SELECT id FROM imports WHERE collection = :collection ORDER BY id DESC LIMIT 1"
COUNT_NEWER = """
SELECT count(*) FROM (
    SELECT 1 FROM examples WHERE revision_id > :after AND collection = :collection LIMIT :most) AS newer"""


class AlreadyImported(ArgosyError):
    """A trigger imports the same content once."""


@dataclass(frozen=True)
class ImportOrigin:
    """What rows are imported from; as in `Import`."""

    kind: ImportKind
    name: str
    digest: str = ""
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `name` is the file's, without its folder, the database's, or the source of rows that named none."""

    id: int
    collection: str
    kind: str
    name: str
    digest: str
    """sha256 of the file's bytes; empty where it was no file."""
    imported_by: str
    """USER@HOST."""
    imported_at: float
    rows_read: int
    added: int
    revised: int
    asked_by: str = ""
    """PLAN/TRIGGER where a plan's trigger imported it; empty: somebody did."""

    @property
    def trigger_of(self) -> str:
        """The plan whose trigger imported it; empty: somebody did."""
        return self.asked_by.partition("/")[0]


def note_import(
    transaction: Transaction, collection: str, origin: ImportOrigin, now: float, rows: int, added: int, revised: int
) -> int:
    """Record an import; its number, for the revisions that it adds.

    Raises AlreadyImported where a trigger asks twice: within the collection's lock, so that it cannot at once either.
    """
    if origin.asked_by and import_asked_by(transaction, origin.asked_by, origin.digest):
        raise AlreadyImported(f"{origin.asked_by} has imported that content before")
    row = {**vars(origin), "collection": collection, "by": user_at_host(), "now": now, "rows": rows}
    return int(transaction.execute(NOTE, {**row, "added": added, "revised": revised})[0][0])


def imports_among(transaction: Transaction, ids: Iterable[int]) -> list[Import]:
    """The imports of those numbers, in their order."""
    return [Import(*row) for some in in_lists(ids) for row in transaction.execute(BY_ID, {"ids": some})]


def find_imports(transaction: Transaction, name: str, digest: str) -> list[Import]:
    """Imports of a file of that name, or whose digest begins so; an empty one is none."""
    wanted = {"name": name, "digest": digest, "length": len(digest) or DIGEST_CHARACTERS}
    return [Import(*row) for row in transaction.execute(FIND, wanted)]


def imported_digests(transaction: Transaction) -> set[str]:
    """Of every file that was imported."""
    return {str(digest) for (digest,) in transaction.execute(IMPORTED_DIGESTS)}


def import_asked_by(transaction: Transaction, asked_by: str, digest: str = "") -> int:
    """The number of the newest import of that trigger, or of that content by it; 0: none."""
    rows = transaction.execute(ASKED_CONTENT if digest else ASKED, {"digest": digest, "asked_by": asked_by})
    return int(rows[0][0]) if rows else 0


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes; empty where they cannot be read a second time, as those of a pipe."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def newest_revision(transaction: Transaction, collection: str) -> int:
    """The number of the collection's newest revision; 0 where it has none.

    Those of one collection are numbered in the order of commits: see `staging`.
    """
    rows = transaction.execute(NEWEST_REVISION, {"collection": collection})
    return int(rows[0][0]) if rows else 0


def newest_import(transaction: Transaction, collection: str) -> int:
    """The number of the collection's newest import: where it is the same, no row came since."""
    rows = transaction.execute(NEWEST_IMPORT, {"collection": collection})
    return int(rows[0][0]) if rows else 0


def count_newer(transaction: Transaction, collection: str, revision: int, most: int) -> int:
    """How many revisions are newer than that, `most` at most."""
    values = {"collection": collection, "after": revision, "most": most}
    return int(transaction.execute(COUNT_NEWER, values)[0][0])
