"""Decisions about the answers of versions, and the append-only history of their changes.

Those of a version's last revision are in force. Servers take them up as they take up a moved alias.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from argosy.database.database import Transaction
from argosy.errors import DecisionsInvalid, RowUnreadable
from argosy.models.decisions import NO_DECISIONS, Decisions, DecisionStep, in_order, inherited
from argosy.store import aliases
from argosy.store import statements as sql

REASON_CHARACTERS: Final = 1000
_Steps = tuple[DecisionStep, ...]


@dataclass(frozen=True)
class DecisionRevision:
    """The whole list as somebody left it."""

    model: str
    number: int
    revision: int
    steps: _Steps
    decided_at: float
    decided_by: str
    reason: str


def put_decisions(
    transaction: Transaction, model: str, number: int, steps: Iterable[DecisionStep], *, by: str, reason: str
) -> Decisions:
    """Put these steps in force for a version, which must be there, as a new revision; none where they are already."""
    if len(reason) > REASON_CHARACTERS:
        raise DecisionsInvalid(f"a reason has at most {REASON_CHARACTERS:,} characters")
    aliases.hold_model(transaction, model)
    before, wanted = decisions_of(transaction, model, number), in_order(steps)
    if before.steps == wanted:
        return before
    after = Decisions(wanted, before.revision + 1)
    row = {"model": model, "number": number, "revision": after.revision, "now": transaction.now()}
    written = msgspec.json.encode(wanted).decode()
    transaction.execute(sql.DECIDE, {**row, "steps": written, "by": by, "reason": reason})
    transaction.announce()  # to servers
    return after


def inherit(transaction: Transaction, model: str, number: int, label: str) -> None:
    """Give a new version the decisions of the one that it was retrained from, if that is one of the model's."""
    for (parent,) in transaction.execute(sql.PARENT, {"model": model, "label": label}):
        steps = inherited(decisions_of(transaction, model, parent).steps)
        put_decisions(transaction, model, number, steps, by="", reason=f"as those of its parent {model}@{parent}")


def decisions_of(transaction: Transaction, model: str, number: int) -> Decisions:
    """Those in force."""
    return in_force(transaction, model).get((model, number), NO_DECISIONS)


def in_force(transaction: Transaction, model: str = "") -> Mapping[tuple[str, int], Decisions]:
    """By model and number, of a model's versions or of all; raises RowUnreadable."""
    rows = transaction.execute(sql.IN_FORCE, {"model": model}) if model else transaction.execute(sql.ALL_IN_FORCE)
    return {(name, number): Decisions(_steps(name, number, steps), revision) for name, number, revision, steps in rows}


def decision_history(transaction: Transaction, model: str, number: int) -> list[DecisionRevision]:
    """Every revision of a version, oldest first; raises RowUnreadable."""
    return [
        DecisionRevision(name, place, revision, _steps(name, place, steps), *rest)
        for name, place, revision, steps, *rest in transaction.execute(
            sql.DECISIONS, {"model": model, "number": number}
        )
    ]


def _steps(model: str, number: int, stored: str) -> _Steps:
    try:
        return msgspec.json.decode(stored, type=_Steps)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as problem:
        hint = "set them again: argosy models decide"
        raise RowUnreadable("decisions", f"{model}@{number}", str(problem), hint) from None
