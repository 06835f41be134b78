"""What is kept with a result in addition to its model: files, values that plug-ins logged; and the tags of versions.

A file is an artifact, which the collector leaves alone for as long as a row names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from argosy.database.database import Transaction, in_lists
from argosy.errors import TagInvalid
from argosy.store import removals
from argosy.store import statements as sql
from argosy.store.trained import PutArtifact

Kind = Literal["code", "attachment", "input", "output", "log"]
"""The last three are a step's."""
Curves = dict[str, list[tuple[int, float]]]
"""Metric to its (step, value), in the order of steps."""
VALUE_CHARACTERS = 1000
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class KeptFile:
    """One file of a result, by the digest of its bytes."""

    kind: Kind
    name: str
    digest: str
    size_bytes: int


class PutFile(NamedTuple):
    """A file that was put into the artifact store, to be kept with a result."""

    kind: Kind
    name: str
    put: PutArtifact


def keep_files(transaction: Transaction, label: str, files: Iterable[PutFile]) -> None:
    """In the transaction that records the result; raises ArtifactCollected."""
    for file in files:
        removals.check_kept(transaction, file.put.digest, file.put.mark)
        row = {"label": label, "kind": file.kind, "name": file.name}
        transaction.execute(sql.KEEP_FILE, {**row, "digest": file.put.digest, "size": file.put.size_bytes})


def kept_files(transaction: Transaction, label: str) -> list[KeptFile]:
    """By kind and name."""
    return [KeptFile(*row) for row in transaction.execute(sql.KEPT_FILES, {"label": label})]


def forget_files(transaction: Transaction, labels: Iterable[str]) -> None:
    """Keep nothing for the labels from now on; the collector removes what no other label keeps."""
    for some in in_lists(labels):
        transaction.execute(sql.FORGET_FILES, {"labels": some})


def labels_keeping(transaction: Transaction, kind: Kind, digests: Iterable[str]) -> set[str]:
    """What a file of that kind, with one of those digests, is kept for."""
    found = (transaction.execute(sql.KEEPING, {"kind": kind, "digests": some}) for some in in_lists(digests))
    return {label for rows in found for (label,) in rows}


def keep_curves(transaction: Transaction, label: str, curves: Curves) -> None:
    """Of one metric and step the last value counts."""
    for metric, points in curves.items():
        for step, value in dict(points).items():
            row = {"label": label, "metric": metric, "step": step, "value": value}
            transaction.execute(sql.LOG_VALUE, row)


def kept_curves(transaction: Transaction, label: str) -> Curves:
    """What was logged while the label was trained."""
    found: Curves = {}
    for metric, step, value in transaction.execute(sql.LOGGED_VALUES, {"label": label}):
        found.setdefault(metric, []).append((step, value))
    return found


def tag_version(transaction: Transaction, model: str, number: int, name: str, value: str) -> None:
    """Set a tag of a version, which must be there; raises TagInvalid."""
    if not _TAG.fullmatch(name):
        raise TagInvalid(f"a tag is up to 100 letters, digits and _ . -, as in 'reviewed'; got {name!r}")
    if len(value) > VALUE_CHARACTERS:
        raise TagInvalid(f"the value of a tag has at most {VALUE_CHARACTERS:,} characters; this has {len(value):,}")
    row = {"model": model, "number": number, "tag": name, "value": value, "now": transaction.now()}
    transaction.execute(sql.TAG, row)


def untag_version(transaction: Transaction, model: str, number: int, name: str) -> bool:
    """Take a tag away; False where there was none."""
    return bool(transaction.execute(sql.UNTAG, {"model": model, "number": number, "tag": name}))


def tags_of(transaction: Transaction, model: str) -> dict[int, dict[str, str]]:
    """Number to its tags, of the versions that have any."""
    found: dict[int, dict[str, str]] = {}
    for number, name, value in transaction.execute(sql.TAGS, {"model": model}):
        found.setdefault(number, {})[name] = value
    return found
