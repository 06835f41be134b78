"""Requests that a model's versions must answer before they are served: given, or recorded from what callers asked.

A recorded one is a reference to a prediction, and goes with it when that is erased or no longer kept. The input of a
given one is sealed under the predictions key, and is erased with the subject that it was given with. Those of a model
are replaced as a whole.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from argosy.database import Database, Transaction
from argosy.identities import resting_forms
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import prediction_subject_hash, unseal_inputs
from argosy.types import Input
from argosy.vault.scope import Scope

MOST: Final = 200
"""Of a model: each is answered while a version is loaded."""

CLEAR: Final = "DELETE FROM warm_up_requests WHERE model = :model"
ADD: Final = """
INSERT INTO warm_up_requests (id, model, place, prediction_id, subject_hash, sealed)
VALUES (:id, :model, :place, :prediction_id, :subject_hash, :sealed)"""
ERASE: Final = "DELETE FROM warm_up_requests WHERE subject_hash = :subject_hash RETURNING id"
NEWEST: Final = "SELECT id FROM predictions WHERE model = :model ORDER BY made_at DESC, id DESC LIMIT :rows"
COUNT: Final = """
SELECT count(*), count(prediction_id) FROM warm_up_requests WHERE model = :model"""
GET: Final = """
SELECT warm_up_requests.id, warm_up_requests.sealed, predictions.id, predictions.sealed
FROM warm_up_requests LEFT JOIN predictions ON predictions.id = warm_up_requests.prediction_id
WHERE warm_up_requests.model = :model ORDER BY place"""


@dataclass(frozen=True)
class WarmUpCounts:
    """How many requests a model has; the others were given."""

    requests: int
    recorded: int


class WarmUpRequests:
    """Any thread and any number of processes. Raises SealBroken for a row that was tampered with."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self._database, self._scope, self._ids = database, scope, PredictionIds(scope)

    def of(self, model: str) -> list[Input]:
        """In order; without those whose prediction was logged under another key."""
        with self._database.read() as transaction:
            rows = transaction.execute(GET, {"model": model})
        return [one for row in rows for one in self._opened(*row)]

    def counts(self, model: str) -> WarmUpCounts:
        with self._database.read() as transaction:
            return WarmUpCounts(*transaction.execute(COUNT, {"model": model})[0])

    def give(self, model: str, inputs: Sequence[tuple[Input, str | None]]) -> None:
        """Replace a model's requests with these inputs, each with its subject as `identity_of` gives it, if any."""
        rows = []
        for place, (given, subject) in enumerate(inputs, 1):
            id_ = secrets.token_hex(16)
            rows.append(
                {
                    "id": id_,
                    "model": model,
                    "place": place,
                    "prediction_id": None,
                    "subject_hash": prediction_subject_hash(self._scope, subject),
                    "sealed": self._scope.seal(msgspec.msgpack.encode(given), _identity(id_)),
                }
            )
        self._replace(model, rows)

    def record(self, model: str, count: int) -> int:
        """Replace a model's requests with its newest predictions in the database; how many, 0 changes nothing."""
        with self._database.read() as transaction:
            found = transaction.execute(NEWEST, {"model": model, "rows": count})
        ours = [id_ for (id_,) in found if self._ids.is_issued(id_)]
        if not ours:
            return 0
        nothing = {"model": model, "subject_hash": None, "sealed": None}
        self._replace(
            model,
            [
                {**nothing, "id": secrets.token_hex(16), "place": place, "prediction_id": id_}
                for place, id_ in enumerate(reversed(ours), 1)
            ],
        )
        return len(ours)

    def clear(self, model: str) -> None:
        self._replace(model, [])

    def _replace(self, model: str, rows: Sequence[dict[str, object]]) -> None:
        with self._database.write() as transaction:
            transaction.execute(CLEAR, {"model": model})
            transaction.execute_many(ADD, rows)

    def _opened(self, id_: str, sealed: bytes | None, prediction_id: str | None, logged: bytes | None) -> list[Input]:
        if sealed is not None:
            return [msgspec.msgpack.decode(self._scope.open(sealed, _identity(id_)), type=str | dict[str, object])]
        if prediction_id is None or logged is None or not self._ids.is_issued(prediction_id):
            return []
        return unseal_inputs([(prediction_id, logged)], self._scope)


def erase_warm_up_requests(transaction: Transaction, scope: Scope, subject: str) -> int:
    """Remove those that were given about a subject; how many there were. The recorded ones go with the predictions."""
    hashes = [prediction_subject_hash(scope, form) for form in resting_forms(subject)]
    return sum(len(transaction.execute(ERASE, {"subject_hash": one})) for one in hashes)


def _identity(id_: str) -> bytes:
    return b"warm-up " + bytes.fromhex(id_)
