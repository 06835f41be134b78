"""The prediction log, read: by id, by entity and time, by model; and erased by subject.

Every look-up first drains the spool, so that what was answered a moment ago is found. Raises PredictionNotFound for an
id that was never issued, SealBroken for a row that was tampered with. What was logged under another key, by a server of
a database that is no longer there, is passed over. Any thread and any number of processes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from argosy.database import Database, Transaction
from argosy.errors import PredictionNotFound, RecordUnreadable
from argosy.identities import resting_forms
from argosy.predictions import frames, segments, statements
from argosy.predictions.drain import drain_once, hold_segment, stuck
from argosy.predictions.ids import MAC_PLACE, PredictionIds
from argosy.predictions.profiles import CONFIDENCE, Profile
from argosy.predictions.record import (
    Prediction,
    SealedPrediction,
    from_bytes,
    prediction_entity_hash,
    prediction_subject_hash,
    seal,
    unseal,
)
from argosy.predictions.review_pool import ReviewPool, review_pool
from argosy.statistics.shifts import Moments
from argosy.vault.vault import Vault

SCOPE = "predictions"
EVER = float("inf")
PAGE_ROWS = 1000
GONE = "it was erased, or is older than its model's are kept"


class PredictionLog:
    def __init__(self, database: Database, vault: Vault, spool: Path) -> None:
        self._database, self._spool = database, spool
        self._scope = vault.scope(SCOPE)
        self._ids = PredictionIds(self._scope)

    def get(self, prediction_id: str) -> Prediction:
        """One prediction."""
        return next(iter(self.get_many([prediction_id])))

    def get_many(self, prediction_ids: Iterable[str]) -> list[Prediction]:
        """Each of them, in the order asked for."""
        wanted = [self._ids.check(prediction_id) for prediction_id in prediction_ids]
        drain_once(self._spool, self._database)
        with self._database.read() as transaction:
            found = [transaction.execute(statements.GET, {"id": one}) for one in wanted]
        for one, rows in zip(wanted, found, strict=True):
            if not rows:
                raise PredictionNotFound(f"the prediction '{one}' is not in the log: {GONE}")
        return [self._unsealed(rows[0]) for rows in found]

    def sealed(self, prediction_id: str) -> SealedPrediction:
        """One prediction as it rests, unopened."""
        wanted = self._ids.check(prediction_id)
        drain_once(self._spool, self._database)
        with self._database.read() as transaction:
            rows = transaction.execute(statements.GET, {"id": wanted})
        if not rows:
            raise PredictionNotFound(f"the prediction '{wanted}' is not in the log: {GONE}")
        return SealedPrediction(*rows[0])

    def answer(self, prediction_id: str) -> tuple[str, str] | None:
        """The model and its answer, None where an issued id is not in the log. Opens no seal and drains nothing."""
        with self._database.read() as transaction:
            rows = transaction.execute(statements.ANSWER, {"id": self._ids.check(prediction_id)})
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def ids_of_entity(
        self, entity: str, start: float, end: float, model: str, token: str | None, rows: int
    ) -> list[str]:
        """The ids of at most `rows` predictions about an entity from `start` (inclusive) to `end` (exclusive).

        `model` '' is every model; `token` the name of the token that asked, None is any.
        """
        drain_once(self._spool, self._database)
        hashes = [prediction_entity_hash(self._scope, form) for form in resting_forms(entity)]
        wanted = {"start": start, "end": end, "model": model, "token": token, "rows": rows}
        with self._database.read() as transaction:
            found = [
                row[0]
                for one in hashes
                for row in transaction.execute(statements.IDS_OF_ENTITY, {"entity_hash": one, **wanted})
            ]
        return found[:rows]

    def of_model(self, model: str, start: float = 0.0, end: float = EVER) -> Iterator[Prediction]:
        """What a model answered, oldest first, a page at a time: no transaction is open while the caller works."""
        drain_once(self._spool, self._database)
        wanted = {"model": model, "start": start, "after": "", "end": end, "rows": PAGE_ROWS}
        while True:
            with self._database.read() as transaction:
                rows = transaction.execute(statements.OF_MODEL, wanted)
            yield from [self._unsealed(row) for row in self._ours(rows)]
            if len(rows) < PAGE_ROWS:
                return
            last = SealedPrediction(*rows[-1])
            wanted.update(start=last.made_at, after=last.id)

    def for_review(self, model: str, start: float, end: float, rows: int) -> ReviewPool:
        """The predictions of a model that a draw of so many rows may take. Opens no seal."""
        drain_once(self._spool, self._database)
        with self._database.read() as transaction:
            return review_pool(transaction, self._ids, model, start, end, rows)

    def add(self, predictions: Iterable[Prediction]) -> None:
        """Log predictions at once, past the spool; of an id that is there nothing changes."""
        rows = [statements.parameters(seal(one, self._scope)) for one in predictions]
        with self._database.write() as transaction:
            transaction.execute_many(statements.ADD, rows)

    def drain(self) -> None:
        """See to it that what was answered so far is found by the look-ups that do not drain."""
        drain_once(self._spool, self._database)

    def first_after(self, model: str, start: float) -> float | None:
        """When the first answer from `start` on was given; None where there is none."""
        with self._database.read() as transaction:
            found: float | None = transaction.execute(statements.FIRST_AFTER, {"model": model, "start": start})[0][0]
        return found

    def count_between(self, model: str, start: float, end: float) -> int:
        """How many answers were given in [start, end); by an index alone, and without draining."""
        with self._database.read() as transaction:
            found = transaction.execute(statements.COUNT_BETWEEN, {"model": model, "start": start, "end": end})
        return int(found[0][0])

    def tally(self, model: str, start: float, end: float) -> dict[int, Profile]:
        """By version, how often each answer was given in [start, end) and how surely. Opens no seal, drains nothing."""
        with self._database.read() as transaction:
            rows = transaction.execute(statements.TALLY, {"model": model, "start": start, "end": end})
        found: dict[int, Profile] = {}
        for version, answer, count, total, squares in rows:
            one = Profile({answer: count}, {CONFIDENCE: Moments.of_sums(count, total, squares)})
            found[version] = found.get(version, Profile()) + one
        return found

    def sample(self, model: str, version: int, start: float, end: float, rows: int) -> list[Prediction]:
        """At most this many of a version's answers in [start, end), drawn uniformly: the same ones each time."""
        wanted = {"model": model, "version": version, "start": start, "end": end, "rows": rows, "mac": MAC_PLACE}
        with self._database.read() as transaction:
            found = transaction.execute(statements.SAMPLE, wanted)
        return [self._unsealed(row) for row in self._ours(found)]

    def count(self, model: str = "") -> int:
        """How many predictions there are, of one model or of all."""
        drain_once(self._spool, self._database)
        with self._database.read() as transaction:
            return int(transaction.execute(statements.COUNT, {"model": model})[0][0])

    def foreign(self) -> int:
        """How many predictions were logged under another key: nobody here can open them."""
        with self._database.read() as transaction:
            return sum(not self._ids.is_issued(row[0]) for row in transaction.stream(statements.IDS))

    def erase(self, subject: str) -> list[str]:
        """Remove a subject's predictions and their feedback, from the database and the spool; their ids.

        The caller then has the database purge its write-ahead log, once for all that it erases.
        """
        drain_once(self._spool, self._database)
        hashes = [prediction_subject_hash(self._scope, form) for form in resting_forms(subject)]
        with self._database.write() as transaction:  # meanwhile no drain moves what is not blanked yet
            for path in sorted([*segments.segments_in(self._spool), *segments.damaged(self._spool)]):
                hold_segment(transaction, path)
                _scrub(path, hashes)
            erased = []
            for one in hashes:
                transaction.execute(statements.ERASE_FEEDBACK, {"subject_hash": one})
                transaction.execute(statements.ERASE_DRAWS, {"subject_hash": one})
                erased += [row[0] for row in transaction.execute(statements.ERASE, {"subject_hash": one})]
            return erased

    def damaged(self) -> list[Path]:
        """Spool files kept aside since a part of them cannot be moved, and may not be searchable for a subject."""
        return segments.damaged(self._spool)

    def stuck(self) -> list[Path]:
        """Spool files that are being written and damaged where the drain has got to."""
        return stuck(self._spool, self._database)

    def _ours(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows whose id, the first column, was issued under this key."""
        return [row for row in rows if self._ids.is_issued(row[0])]

    def _unsealed(self, row: tuple[Any, ...]) -> Prediction:
        return unseal(SealedPrediction(*row), self._scope)


def has_answered(transaction: Transaction, model: str, since: float) -> bool:
    """Whether the log has an answer of the model from then on."""
    return bool(transaction.execute(statements.HAS_ANSWERED, {"model": model, "since": since}))


def _scrub(path: Path, hashes: Collection[bytes | None]) -> None:
    """Overwrite the frames of one subject in place, which a writer appending to the file does not notice."""
    with segments.open_segment(path) as segment:
        if segment is None:
            return
        descriptor = segment[0]
        data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        for payload, end, _ in frames.complete(data):
            if not frames.is_blank(payload) and _subject_hash(payload) in hashes:
                overwritten = frames.blank(len(payload))
                os.pwrite(descriptor, overwritten, end - len(overwritten))
        os.fsync(descriptor)


def _subject_hash(payload: memoryview) -> bytes | None:
    with suppress(RecordUnreadable):  # kept aside then, and so reported
        return from_bytes(payload).subject_hash
    return None
