"""Marks: results that are not to be promoted, such as one that learned what was then erased.

A mark belongs to a result, and so to every version of it. It is shown wherever versions are, refused by `promote`, and
left in place by a rollback, which is the way out of an emergency.
"""

from __future__ import annotations

from argosy.database.database import Transaction
from argosy.errors import VersionMarked
from argosy.store import statements as sql
from argosy.store.trained import Version


def mark_result(transaction: Transaction, label: str, reason: str, by: str) -> bool:
    """Mark a result, which must be there; False where it was marked already: the first reason stays."""
    row = {"label": label, "reason": reason, "by": by, "now": transaction.now()}
    return bool(transaction.execute(sql.MARK, row))


def unmark_result(transaction: Transaction, label: str) -> bool:
    """Take the mark away; False where there was none."""
    return bool(transaction.execute(sql.UNMARK, {"label": label}))


def check_unmarked(version: Version) -> None:
    """Raises VersionMarked."""
    if version.mark:
        raise VersionMarked(f"{version.reference} is marked: {version.mark}; only --force promotes it")
