"""Backwards: which versions learned from an example, or from rows of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.backends import Backends
from argosy.datasets.imports import DIGEST_CHARACTERS, Import, file_digest, find_imports
from argosy.datasets.provenance import (
    datasets_holding,
    revisions_of_example,
    revisions_of_import,
    unrecorded_revisions,
)
from argosy.errors import ExamplesInvalid, RowUnreadable, VersionNotFound
from argosy.steps.origins import made_of
from argosy.store.members import learned_digests
from argosy.store.trained import Version
from argosy.types import Part

SHORTEST_DIGEST: Final = 8
_LEARNED: Final = (Part.TRAIN, Part.VALIDATION)
"""What the test part holds, a version was only measured on."""

Holding = Mapping[str, Mapping[Part, int]]
"""By a dataset's digest, how many of the rows asked about it has in which part."""


@dataclass(frozen=True)
class LearnedVersion:
    """A version and the rows asked about in the datasets that it learned from, its members' and forebears' too."""

    version: Version
    parts: Mapping[Part, int]
    has_learned: bool
    """False: it was only measured on them, or only what it is compared on holds them."""
    is_known: bool = True
    """False: its row cannot be read, and it may have learned from them."""


@dataclass(frozen=True)
class LearnedFrom:
    """The versions that learned from, or were measured on, what was asked about."""

    what: str
    rows: int
    """How many revisions of examples that is."""
    versions: list[LearnedVersion]
    imports: list[Import]
    erased: int = 0
    """How many more revisions the imports added, that were erased since: nothing tells which versions had them."""


def learned_from_example(backends: Backends, example_id: str) -> LearnedFrom:
    """Raises ExamplesInvalid where there is no such example."""
    try:
        key = bytes.fromhex(example_id)
    except ValueError:
        raise ExamplesInvalid(f"'{example_id}' is no example id: it has 32 hex digits") from None
    with backends.database.read() as transaction:
        collection, revisions = revisions_of_example(transaction, key)
        if not revisions:
            raise ExamplesInvalid(f"there is no example {example_id}: it was erased, or never imported here")
        holding = datasets_holding(transaction, collection, revisions)
    return LearnedFrom(f"the example {example_id}", len(revisions), _learned(backends, holding), [])


def learned_from_file(backends: Backends, file: str) -> LearnedFrom:
    """Of a file that is there, by its bytes; else by the beginning of a digest, or by the name that it was imported by.

    What steps made of the file, where all of its digest is known, counts as the file. Rows that were there before the
    file was imported belong to the import that brought them. Raises ExamplesInvalid.
    """
    path = Path(file)
    digest = file_digest(path) or (file.lower() if _may_be_digest(file) else "")
    by_name = "" if path.is_file() else path.name
    with backends.database.read() as transaction:
        imports = find_imports(transaction, by_name, digest)
        for made in sorted(made_of(transaction, digest)) if len(digest) == DIGEST_CHARACTERS else ():
            imports += [one for one in find_imports(transaction, "", made) if one not in imports]
        holding: dict[str, Counter[Part]] = {}
        imported = [(one.collection, revisions_of_import(transaction, one.id)) for one in imports]
        erased = sum(one.added + one.revised for one in imports) - sum(len(revisions) for _, revisions in imported)
        rows = 0
        for collection, revisions in [*imported, *unrecorded_revisions(transaction, path.name).items()]:
            rows += len(revisions)
            for one, parts in datasets_holding(transaction, collection, revisions).items():
                holding.setdefault(one, Counter()).update(parts)
    if not imports and not rows:
        raise ExamplesInvalid(f"nothing was imported from '{file}': neither its digest nor its name is recorded")
    return LearnedFrom(file, rows, _learned(backends, holding), imports, erased)


def _may_be_digest(text: str) -> bool:
    is_hexadecimal = all(one in "0123456789abcdef" for one in text.lower())
    return is_hexadecimal and SHORTEST_DIGEST <= len(text) <= DIGEST_CHARACTERS


def _learned(backends: Backends, holding: Holding) -> list[LearnedVersion]:
    versions = sorted(backends.store.all_versions(), key=lambda version: (version.model, version.number))
    found = (_one(backends, version, holding) for version in versions) if holding else ()
    return [one for one in found if one is not None]


def _one(backends: Backends, version: Version, holding: Holding) -> LearnedVersion | None:
    find = backends.store.trained
    try:
        digests = learned_digests(find(version.label), find)
    except (RowUnreadable, VersionNotFound):
        return LearnedVersion(version, {}, has_learned=True, is_known=False)
    parts = Counter[Part]()
    for digest in digests:
        parts.update(holding.get(digest, {}))
    ordered = {part: parts[part] for part in Part if parts[part]}
    return LearnedVersion(version, ordered, any(part in ordered for part in _LEARNED)) if ordered else None
