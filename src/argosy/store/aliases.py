"""Aliases: names such as `champion` that point at one version of a model, and the append-only history of moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from argosy.database.database import Row, Transaction
from argosy.errors import AliasInvalid, NothingToRollBack
from argosy.messaging.notifications import notify
from argosy.store import statements as sql
from argosy.store.trained import Move

CHAMPION: Final = "champion"
PROMOTE: Final = "promote"
ROLLBACK: Final = "rollback"
REMOVE: Final = "remove"
BEST: Final = "best"
"""`MODEL@best`: the first of the leaderboard among the model's versions that compare with its champion."""
PROPOSED: Final = "proposed"
"""`MODEL@proposed`: the cheapest among that first one and those a paired test does not distinguish from it."""
RESERVED: Final = (BEST, PROPOSED)
"""Names that mean a place on the leaderboard, and so cannot be aliases."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def check_alias(alias: str) -> str:
    """The alias, if it can be one; raises AliasInvalid."""
    if not _NAME.fullmatch(alias):
        raise AliasInvalid(f"'{alias}' cannot be an alias: a lower-case letter, then letters, digits, '_' or '-'")
    if alias in RESERVED:
        raise AliasInvalid(f"'{alias}' means a place on the leaderboard and cannot be an alias: choose another name")
    return alias


def hold_model(transaction: Transaction, model: str) -> None:
    """No other transaction numbers versions of the model or moves its aliases until this one ends."""
    transaction.lock(f"model {model}")


def number_at(transaction: Transaction, model: str, alias: str) -> int | None:
    """The number that the alias points at."""
    rows = transaction.execute(sql.ALIAS, {"model": model, "alias": alias})
    return rows[0][0] if rows else None


def move_alias(
    transaction: Transaction,
    model: str,
    alias: str,
    number: int,
    *,
    by: str,
    action: str,
    reason: str,
    evidence: Mapping[str, Any] | None,
) -> None:
    """Point the alias at a version, with its line of history and its notification."""
    now, before = transaction.now(), number_at(transaction, model, alias)
    transaction.execute(sql.PUT_ALIAS, {"model": model, "alias": alias, "number": number, "now": now})
    row = {
        "model": model,
        "alias": alias,
        "from_number": before,
        "to_number": number,
        "now": now,
        "by": by,
        "action": action,
        "reason": reason,
        "evidence": None if evidence is None else msgspec.json.encode(evidence).decode(),
    }
    transaction.execute(sql.PUT_MOVE, row)
    transaction.announce()  # to servers
    notify(transaction, "alias_moved", model=model, alias=alias, from_number=before, to_number=number, action=action)


def remove_alias(transaction: Transaction, model: str, alias: str, *, by: str, reason: str) -> int | None:
    """Take the alias away, with its line of history and its notification; the number that it pointed at."""
    number = number_at(transaction, model, alias)
    if number is not None:
        move_alias(transaction, model, alias, number, by=by, action=REMOVE, reason=reason, evidence=None)
        transaction.execute(sql.REMOVE_ALIAS, {"model": model, "alias": alias})
    return number


def alias_moves(transaction: Transaction, model: str, alias: str = "") -> list[Move]:
    """The alias's history, or that of all the model's, oldest first."""
    rows = transaction.execute(sql.MOVES, {"model": model, "alias": alias})
    return [_move_of(row) for row in rows]


def _move_of(row: Row) -> Move:
    named = dict(zip(Move.__dataclass_fields__, row, strict=True))
    with suppress(msgspec.MsgspecError):  # a damaged verdict is shown as none: the move itself was made
        named["evidence"] = msgspec.json.decode(named["evidence"] or "null", type=dict[str, Any] | None)
        return Move(**named)
    return Move(**{**named, "evidence": None})


def number_before(history: Sequence[Move], model: str, alias: str) -> int:
    """The version to roll back to: the one that the present one took over from by a promotion.

    A rollback undoes the promotion it answers, so that two in a row go back two versions, not to and fro.
    """
    standing: list[int] = []
    for step in history:
        if step.action == ROLLBACK:
            standing.pop()
        elif step.action == REMOVE:
            standing.clear()
        else:
            standing.append(step.to_number)
    if len(standing) < 2:
        raise NothingToRollBack(f"{model}@{alias} has no earlier version to go back to")
    return standing[-2]
