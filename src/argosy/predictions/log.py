"""The prediction log, read: by id, by entity and time, by model; and erased by subject.

Every look-up first drains the spool of its own folder, and has those of others drain, so that what was answered a
moment ago is found. One by id asks them only where it finds nothing. It waits for a moment, and for those that live.

Raises PredictionNotFound for an id that was never issued, SealBroken for a row that was tampered with. What was logged
under another key, by a server of a database that is no longer there, is passed over. Any thread and any number of
processes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from argosy.database import Database, Transaction
from argosy.errors import PredictionNotFound
from argosy.identities import resting_forms
from argosy.label_numbers import number_in
from argosy.predictions import segments, statements
from argosy.predictions.answered import forget_days
from argosy.predictions.drain import drain_once, stuck
from argosy.predictions.draw_levels import add_predictions, compute_due_levels
from argosy.predictions.ids import MAC_PLACE, PredictionIds
from argosy.predictions.profiles import CONFIDENCE, Profile, number_profile
from argosy.predictions.record import (
    Prediction,
    SealedPrediction,
    prediction_entity_hash,
    prediction_subject_hash,
    seal,
    unseal,
    unseal_inputs,
)
from argosy.predictions.review_pool import ReviewPool, review_pool
from argosy.predictions.spool_erasure import carry_out_erasures, order_erasure
from argosy.predictions.spool_names import known_name
from argosy.predictions.spools import Spools, SpoolStatus
from argosy.statistics.shifts import Moments
from argosy.types import Input, Progress
from argosy.vault.vault import Vault

SCOPE = "predictions"
EVER = float("inf")
PAGE_ROWS = 1000
GONE = "it was erased, is older than its model's are kept, or was not in the share that is logged"


class PredictionLog:
    def __init__(self, database: Database, vault: Vault, spool: Path) -> None:
        self._database, self._spool = database, spool
        self._scope = vault.scope(SCOPE)
        self._ids, self._spools = PredictionIds(self._scope), Spools(database)

    def get(self, prediction_id: str) -> Prediction:
        """One prediction."""
        return next(iter(self.get_many([prediction_id])))

    def get_many(self, prediction_ids: Iterable[str]) -> list[Prediction]:
        """Each of them, in the order asked for."""
        wanted = [self._ids.check(prediction_id) for prediction_id in prediction_ids]
        return [self._unsealed(row) for row in self._found(wanted)]

    def sealed(self, prediction_id: str) -> SealedPrediction:
        """One prediction as it rests, unopened."""
        return SealedPrediction(*self._found([self._ids.check(prediction_id)])[0])

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
        self.drain()
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
        self.drain()
        wanted = {"model": model, "start": start, "after": "", "end": end, "rows": PAGE_ROWS}
        while True:
            with self._database.read() as transaction:
                rows = transaction.execute(statements.OF_MODEL, wanted)
            yield from [self._unsealed(row) for row in self._ours(rows)]
            if len(rows) < PAGE_ROWS:
                return
            last = SealedPrediction(*rows[-1])
            wanted.update(start=last.made_at, after=last.id)

    def for_review(
        self, model: str, start: float, end: float, rows: int, report_progress: Progress = lambda _: None
    ) -> ReviewPool:
        """The predictions of a model that a draw of so many rows may take. Opens no seal."""
        self.drain()
        self.compute_levels(
            model, lambda seen: report_progress(f"computing draw levels, once for each prediction: {seen:,} so far")
        )
        with self._database.read() as transaction:
            return review_pool(transaction, self._ids, model, start, end, rows)

    def compute_levels(self, model: str, between: Callable[[int], object] = lambda _: None) -> None:
        """See to it that each prediction of the model that needs a draw level has one; see `compute_due_levels`."""
        compute_due_levels(self._database, self._ids, model, between)

    def add(self, predictions: Iterable[Prediction]) -> None:
        """Log predictions at once, past the spool; of an id that is there nothing changes."""
        rows = [seal(one, self._scope, self._ids.level(one.id)) for one in predictions]
        with self._database.write() as transaction:
            add_predictions(transaction, rows)

    def drain(self) -> list[SpoolStatus]:
        """See to it that what was answered so far is found by the look-ups that do not drain.

        The spools elsewhere that are alive and did not get so far in the time that it waits.
        """
        drain_once(self._spool, self._database)
        return self._spools.have_drained(known_name(self._spool))

    def bring(self, prediction_ids: Iterable[str]) -> None:
        """See to it that these are in the database, wherever they were answered."""
        self._rows([self._ids.check(one) for one in prediction_ids])

    def behind(self) -> list[SpoolStatus]:
        """The spools elsewhere that do not answer, and may hold what is not found."""
        own = known_name(self._spool)
        return [one for one in self._spools.all() if one.is_silent and not one.is_forgotten and one.name != own]

    def last_between(self, model: str, start: float, end: float) -> float | None:
        """When the last answer in [start, end) was given; None where there is none. Drains nothing."""
        wanted = {"model": model, "start": start, "end": end}
        with self._database.read() as transaction:
            found: float | None = transaction.execute(statements.LAST_BETWEEN, wanted)[0][0]
        return found

    def counts_between(self, model: str, spans: Iterable[tuple[float, float]]) -> dict[float, int]:
        """By start, how many answers were given in each [start, end); by an index alone, and without draining."""
        with self._database.read() as transaction:
            return {
                start: int(
                    transaction.execute(statements.COUNT_BETWEEN, {"model": model, "start": start, "end": end})[0][0]
                )
                for start, end in spans
            }

    def tally(
        self, model: str, start: float, end: float, are_numbers: Callable[[int], bool] = lambda _: False
    ) -> dict[int, Profile]:
        """By version, how often each answer was given in [start, end) and how surely. Opens no seal, drains nothing.

        `are_numbers` says of which versions answers are numbers.
        """
        with self._database.read() as transaction:
            rows = transaction.execute(statements.TALLY, {"model": model, "start": start, "end": end})
        found: dict[int, Profile] = {}
        numbers: dict[int, list[tuple[float, int]]] = {}
        for version, answer, count, total, squares in rows:
            if are_numbers(version):
                numbers.setdefault(version, []).append((number_in(answer) or 0.0, count))
                continue
            one = Profile({answer: count}, {CONFIDENCE: Moments.of_sums(count, total, squares)})
            found[version] = found.get(version, Profile()) + one
        return found | {version: number_profile(*zip(*given, strict=True)) for version, given in numbers.items()}

    def sample_inputs(self, model: str, version: int, start: float, end: float, rows: int) -> list[Input]:
        """Of at most this many of a version's answers in [start, end) the inputs, drawn uniformly: the same ones."""
        wanted = {"model": model, "version": version, "start": start, "end": end, "rows": rows, "mac": MAC_PLACE}
        with self._database.read() as transaction:
            found = transaction.execute(statements.SAMPLE, wanted)
        return unseal_inputs(self._ours(found), self._scope)

    def count(self, model: str = "") -> int:
        """How many predictions there are, of one model or of all."""
        self.drain()
        with self._database.read() as transaction:
            return int(transaction.execute(statements.COUNT, {"model": model})[0][0])

    def foreign(self, most: int | None = None) -> int:
        """How many predictions, of the newest `most` or of all, were logged under another key: no key here opens
        them."""
        with self._database.read() as transaction:
            ids = (
                row[0]
                for row in transaction.stream(statements.IDS if most is None else statements.NEWEST_IDS, {"rows": most})
            )
            return sum(not self._ids.is_issued(one) for one in ids)

    def erase(self, subject: str) -> list[str]:
        """Remove a subject's predictions and their feedback, from the database and this spool; their ids.

        Every other spool is ordered to do the same; `Spools.all` says which have not yet. The caller then has the
        database purge its write-ahead log, once for all that it erases.
        """
        self.drain()
        hashes = [prediction_subject_hash(self._scope, form) for form in resting_forms(subject)]
        erased = set()
        with self._database.write() as transaction:
            order_erasure(transaction, [one for one in hashes if one is not None])
            for one in hashes:
                transaction.execute(statements.ERASE_FEEDBACK, {"subject_hash": one})
                transaction.execute(statements.ERASE_DRAWS, {"subject_hash": one})
                gone = transaction.execute(statements.ERASE, {"subject_hash": one})
                forget_days(transaction, ((model, made_at) for _, model, made_at in gone))
                erased |= {row[0] for row in gone}
        with suppress(OSError):  # a file that cannot be read: this spool has not carried it out, as its row says
            erased |= carry_out_erasures(self._spool, self._database)
        return sorted(erased)

    def damaged(self) -> list[Path]:
        """Spool files kept aside since a part of them cannot be moved, and may not be searchable for a subject."""
        return segments.damaged(self._spool)

    def stuck(self) -> list[Path]:
        """Spool files that are being written and damaged where the drain has got to."""
        return stuck(self._spool, self._database)

    def _found(self, wanted: Collection[str]) -> list[tuple[Any, ...]]:
        """The row of each id; raises PredictionNotFound."""
        found = self._rows(wanted)
        for one, rows in zip(wanted, found, strict=True):
            if not rows:
                elsewhere = where_else(self.behind())
                raise PredictionNotFound(f"the prediction '{one}' is not in the log: {GONE}{elsewhere}")
        return [rows[0] for rows in found]

    def _rows(self, wanted: Collection[str]) -> list[list[tuple[Any, ...]]]:
        drain_once(self._spool, self._database)
        found = self._in_database(wanted)
        if all(found):
            return found
        self._spools.have_drained(known_name(self._spool))
        return self._in_database(wanted)

    def _in_database(self, wanted: Collection[str]) -> list[list[tuple[Any, ...]]]:
        with self._database.read() as transaction:
            return [transaction.execute(statements.GET, {"id": one}) for one in wanted]

    def _ours(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows whose id, the first column, was issued under this key."""
        return [row for row in rows if self._ids.is_issued(row[0])]

    def _unsealed(self, row: tuple[Any, ...]) -> Prediction:
        return unseal(SealedPrediction(*row), self._scope)


def has_answered(transaction: Transaction, model: str, since: float) -> bool:
    """Whether the log has an answer of the model from then on."""
    return bool(transaction.execute(statements.HAS_ANSWERED, {"model": model, "since": since}))


def where_else(spools: Collection[SpoolStatus]) -> str:
    """The end of an error: in which spools what was not found may be. Pure."""
    names = ", ".join(f"'{one.name}', last seen {one.seconds_silent:.0f} s ago" for one in spools)
    return f", or waits in the spool {names}" if names else ""
