"""Words taken out of jobs: what names a subject or a prediction in their payloads, results and errors.

Jobs are written to name neither; this is for what a user's own plug-in put there. Jobs that are still to run are left
alone: their payloads are definitions and names of models.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import msgspec

from argosy.database import Transaction
from argosy.jobs.queue import hold_jobs

ERASED = "(erased)"
_READ = """
SELECT id, payload, result, error, traceback FROM jobs WHERE state IN ('done', 'failed', 'cancelled')"""
_WRITE = """
UPDATE jobs SET payload = :payload, result = :result, error = :error, traceback = :traceback WHERE id = :id"""


def erase_words(transaction: Transaction, words: Collection[str]) -> int:
    """Put `(erased)` for each of those words, standing alone, in jobs that have ended; how many had one."""
    wanted = frozenset(word for word in words if word)
    if not wanted:
        return 0
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(wanted, key=len, reverse=True)))
    hold_jobs(transaction)
    changed = []
    for identity, payload, result, error, traceback in transaction.execute(_READ):
        before = {"payload": payload, "result": result, "error": error, "traceback": traceback}
        after = {
            "payload": _in_json(payload, wanted, pattern),
            "result": _in_json(result, wanted, pattern),
            "error": error and pattern.sub(ERASED, error),
            "traceback": traceback and pattern.sub(ERASED, traceback),
        }
        if after != before:
            changed.append({**after, "id": identity})
    transaction.execute_many(_WRITE, changed)
    return len(changed)


def _in_json(text: str | None, words: Collection[str], pattern: re.Pattern[str]) -> str | None:
    """The document with those strings replaced; the same text if it contains none of them."""
    if text is None:
        return None
    try:
        before = msgspec.json.decode(text)
    except (msgspec.MsgspecError, TypeError):  # damaged, and so a text like another
        return pattern.sub(ERASED, str(text))
    after = _replaced(before, words)
    return text if after == before else msgspec.json.encode(after).decode()


def _replaced(value: Any, words: Collection[str]) -> Any:
    if isinstance(value, str):
        return ERASED if value in words else value
    if isinstance(value, list):
        return [_replaced(one, words) for one in value]
    if isinstance(value, dict):
        return {name: _replaced(one, words) for name, one in value.items()}
    return value
