"""Look-ups of predictions by the keyed hash of the entity that they are about, within a transaction; nothing drains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from argosy.database import Transaction
from argosy.database.database import in_lists
from argosy.errors import SealBroken
from argosy.predictions.record import SealedPrediction, prediction_entity_hash, unseal
from argosy.vault.scope import Scope

IDS_ABOUT: Final = """
SELECT id FROM predictions
WHERE entity_hash = :entity_hash AND made_at >= :start AND made_at <= :end AND model IN (:models)
AND (CAST(:token AS TEXT) IS NULL OR token = :token) ORDER BY made_at DESC, id DESC LIMIT :rows"""
PAGE_ABOUT: Final = """
SELECT id, model, version, made_at, subject_hash, entity_hash, answer, confidence, sealed, token FROM predictions
WHERE model = :model AND (made_at, id) > (:start, :after) AND made_at < :end ORDER BY made_at, id LIMIT :rows"""
SOURCES_OF: Final = """
SELECT prediction_id, source FROM feedback WHERE prediction_id IN (:ids) AND kind = 'outcome'"""


class PredictionAbout(NamedTuple):
    """A prediction about an entity."""

    id: str
    made_at: float
    token: str
    entity_hash: bytes | None
    entity: str | None
    service: str
    """The name of the one that asked; empty: the model was asked by itself."""


class EntityLookUps:
    """Needs the predictions key."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def hash_of(self, entity: str) -> bytes:
        """What its predictions are found by."""
        return prediction_entity_hash(self._scope, entity) or b""

    def ids(
        self,
        transaction: Transaction,
        entity_hash: bytes,
        start: float,
        end: float,
        models: Sequence[str],
        token: str | None,
        rows: int,
    ) -> list[str]:
        """The newest predictions about it from `start` to `end`, both inclusive; `token`: made with it, None: any."""
        wanted = {"entity_hash": entity_hash, "start": start, "end": end, "models": list(models)}
        return [row[0] for row in transaction.execute(IDS_ABOUT, {**wanted, "token": token, "rows": rows})]

    def page(
        self, transaction: Transaction, model: str, after: tuple[float, str], end: float, rows: int
    ) -> list[PredictionAbout]:
        """A model's predictions after one and before `end`, oldest first, with whom each is about."""
        wanted = {"model": model, "start": after[0], "after": after[1], "end": end, "rows": rows}
        return [
            PredictionAbout(one.id, one.made_at, one.token, one.entity_hash, *self._asked(one))
            for one in (SealedPrediction(*row) for row in transaction.execute(PAGE_ABOUT, wanted))
        ]

    def _asked(self, row: SealedPrediction) -> tuple[str | None, str]:
        """The entity, and the service that asked."""
        try:
            prediction = None if row.entity_hash is None else unseal(row, self._scope)
        except SealBroken:  # logged under another key
            prediction = None
        return (None, "") if prediction is None else (prediction.entity, _service_in(prediction.account))


def _service_in(account: bytes) -> str:
    """A service's account begins with its name; see `services/accounts.py`."""
    try:
        found = msgspec.msgpack.decode(account) if account else [""]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return found[0] if isinstance(found, list) and found and isinstance(found[0], str) else ""


def outcome_sources_of(transaction: Transaction, ids: Sequence[str]) -> dict[str, set[str]]:
    """By prediction, the sources that have given outcomes of it."""
    found: dict[str, set[str]] = {}
    for some in in_lists(ids):
        for prediction_id, source in transaction.execute(SOURCES_OF, {"ids": some}):
            found.setdefault(prediction_id, set()).add(source)
    return found
