"""Rows are taken: recognised, joined to predictions, and written down with the source's position, in one transaction.

- A row belongs to every prediction about its entity that was made at most `within` before it. It becomes feedback of
  the kind outcome on each, under a key of the row and the prediction.
- A row that was taken before changes nothing. Poison, a row that cannot be an outcome, is counted and nothing else.
- A row without a prediction about its entity in that time waits, sealed, to become an example (`teaching`).
- Two joiners may read the same rows: one that finds the position changed writes nothing.

A killed process leaves all of a batch or nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from argosy.backends import Backends
from argosy.database import Database, Transaction, in_transaction
from argosy.errors import FeedbackInvalid, LeaseLost, OutcomeInvalid
from argosy.feedback.outcomes import statements as sql
from argosy.feedback.outcomes.batches import OutcomeBatch, RawRow
from argosy.feedback.outcomes.rows import REFUSED, NamedSource, OutcomeRow, PoisonRow, outcome_of
from argosy.feedback.outcomes.states import SourceState, lock_of
from argosy.predictions.about import EntityLookUps
from argosy.predictions.feedback_log import ENTITY_PREDICTIONS, LOCK, Feedback, FeedbackLog
from argosy.predictions.giver import OWNER, Giver
from argosy.predictions.log import SCOPE, PredictionLog
from argosy.vault.vault import Vault

Confirm = Callable[[Transaction], None]


def unconfirmed(_: Transaction) -> None:
    """For who joins outcomes outside of a duty, and has no turn to confirm."""


@dataclass(frozen=True)
class TakenRows:
    """What became of some rows."""

    taken: int
    known: int
    joined: int
    """Pairs of a row and a prediction."""


class OutcomeTaking:
    """Needs the predictions key. Any thread, any number of processes."""

    def __init__(self, database: Database, vault: Vault, log: PredictionLog, feedback: FeedbackLog) -> None:
        self.database, self._log, self.feedback = database, log, feedback
        self._scope = vault.scope(SCOPE)
        self.about = EntityLookUps(self._scope)

    @classmethod
    def of(cls, backends: Backends) -> OutcomeTaking:
        """That of a project."""
        return cls(backends.database, backends.vault, backends.prediction_log, backends.feedback_log)

    def state(self, name: str) -> SourceState:
        """What is known of a source."""
        with self.database.read() as transaction:
            return SourceState.of(transaction, name)

    def take(
        self, named: NamedSource, expected: SourceState, batch: OutcomeBatch, confirm: Confirm = unconfirmed
    ) -> SourceState:
        """What is known of the source afterwards. Raises LeaseLost where another has read on meanwhile."""
        if batch.rows:
            self._log.drain()  # so that what was answered a moment ago is found

        def take(transaction: Transaction) -> SourceState:
            confirm(transaction)
            state = self._held(transaction, named)
            if state.position != expected.position:
                raise LeaseLost(f"the outcomes {named.name} were read by another process meanwhile")
            found = _Found(state)
            self._rows(transaction, named, batch.rows, found, OWNER)
            after = msgspec.structs.replace(
                found.state(),
                position=batch.position,
                read_up_to=found.newest if batch.is_end else state.read_up_to,
                problem="",
                looked_at=transaction.now(),
            )
            after.put(transaction)
            return after

        return in_transaction(self.database, take)

    def take_posted(self, named: NamedSource, rows: Sequence[tuple[OutcomeRow, str]], giver: Giver) -> TakenRows:
        """Take rows that somebody posted, each with its key or '', all or none.

        Raises NotPermitted, and OutcomeInvalid where a key was used for something else, or a label cannot be one.
        """
        giver.check("outcome", giver.source, False)
        self._log.drain()
        # the feedback has the source of the outcome, whoever posted it
        speaker = Giver(giver.token, "", giver.claims, giver.needs_draw)

        def take(transaction: Transaction) -> TakenRows:
            state = self._held(transaction, named)
            found = _Found(state)
            given = [_with_key(row, key and f"{giver.token}\0{key}") for row, key in rows]
            self._rows(transaction, named, given, found, speaker)
            if found.poison:
                raise OutcomeInvalid(f"a label is none that the model '{named.models[0]}' could have answered")
            after = msgspec.structs.replace(found.state(), looked_at=transaction.now(), read_up_to=found.newest)
            after.put(transaction)
            return TakenRows(found.taken, len(rows) - found.taken, found.joined)

        return in_transaction(self.database, take)

    def note_problem(self, name: str, problem: str) -> None:
        """Say why a source cannot be read."""

        def note(transaction: Transaction) -> None:
            transaction.lock(lock_of(name))
            state = SourceState.of(transaction, name)
            msgspec.structs.replace(state, problem=problem, looked_at=transaction.now()).put(transaction)

        in_transaction(self.database, note)

    def _held(self, transaction: Transaction, named: NamedSource) -> SourceState:
        transaction.lock(LOCK)
        transaction.lock(lock_of(named.name))
        return SourceState.of(transaction, named.name)

    def _rows(
        self,
        transaction: Transaction,
        named: NamedSource,
        rows: Iterable[RawRow | OutcomeRow],
        found: _Found,
        giver: Giver,
    ) -> None:
        now = transaction.now()
        read = [row if isinstance(row, OutcomeRow) else outcome_of(named, row, now) for row in rows]
        digests = [self._digest(named, row) for row in read]
        known = {
            bytes(digest): (None if entity is None else bytes(entity), label, at)
            for digest, entity, label, at in transaction.execute(
                sql.TAKEN_AMONG, {"source": named.name, "digests": digests or [b""]}
            )
        }
        for digest, row in zip(digests, read, strict=True):
            said = self._said(row)
            if digest in known:
                if isinstance(row, OutcomeRow) and row.digest_of and known[digest] != said:
                    raise OutcomeInvalid("that key was used for another outcome: give each a key of its own")
                continue
            known[digest] = said
            self._new_row(transaction, named, row, digest, found, giver)

    def _new_row(
        self,
        transaction: Transaction,
        named: NamedSource,
        row: OutcomeRow | PoisonRow,
        digest: bytes,
        found: _Found,
        giver: Giver,
    ) -> None:
        entity_hash, label, at = self._said(row)
        if isinstance(row, OutcomeRow) and entity_hash is not None:
            try:
                joined = self._join(transaction, named, row, entity_hash, digest, giver)
            except FeedbackInvalid:
                entity_hash, row = None, PoisonRow(REFUSED, b"")
            else:
                found.took(row, joined)
                if not joined and giver.reaches is None:  # else somebody may have asked
                    self._await_lesson(transaction, named, row, digest)
        if isinstance(row, PoisonRow):
            found.poison[row.why] += 1
        kept = {"digest": digest, "entity_hash": entity_hash, "label": label, "at": at}
        transaction.execute(sql.TAKE, {**kept, "source": named.name, "token": giver.token, "reach": giver.reaches})

    def _join(
        self,
        transaction: Transaction,
        named: NamedSource,
        row: OutcomeRow,
        entity_hash: bytes,
        digest: bytes,
        giver: Giver,
    ) -> int:
        """How many predictions it belongs to; each has it as feedback afterwards."""
        start, most = row.at - named.source.within, ENTITY_PREDICTIONS
        ids = self.about.ids(transaction, entity_hash, start, row.at, named.models, giver.reaches, most)
        given = [piece(named, one, row.label, digest) for one in ids]
        self.feedback.add_within(transaction, given, giver)
        return len(ids)

    def _await_lesson(self, transaction: Transaction, named: NamedSource, row: OutcomeRow, digest: bytes) -> None:
        sealed = self._scope.seal(msgspec.json.encode(dict(row.inputs)), digest)
        values = {"source": named.name, "label": row.label, "at": row.at, "digest": digest, "sealed": sealed}
        transaction.execute(sql.ADD_UNASKED, values)

    def _digest(self, named: NamedSource, row: OutcomeRow | PoisonRow) -> bytes:
        if isinstance(row, OutcomeRow) and row.digest_of:
            return self._scope.hash("outcome key", f"{named.name}\0{row.digest_of}".encode())
        return self._scope.hash("outcome row", named.name.encode() + b"\0" + row.content)

    def _said(self, row: OutcomeRow | PoisonRow) -> tuple[bytes | None, str, float | None]:
        if isinstance(row, PoisonRow):
            return None, "", None
        return self.about.hash_of(row.entity), row.label, row.at


def piece(named: NamedSource, prediction_id: str, label: str, digest: bytes) -> Feedback:
    """A row as feedback on one prediction."""
    key = f"{named.giver}/{digest.hex()}/{prediction_id}"
    return Feedback(prediction_id, "outcome", label, named.giver, idempotency_key=key)


def _with_key(row: OutcomeRow, digest_of: str) -> OutcomeRow:
    """The row, recognised by a key."""
    return OutcomeRow(row.entity, row.label, row.at, row.inputs, digest_of)


class _Found:
    """What a transaction adds to a source's counts."""

    def __init__(self, before: SourceState) -> None:
        self._before = before
        self.newest = before.newest
        self.taken = self.matched = self.joined = 0
        self.poison: Counter[str] = Counter()

    def took(self, row: OutcomeRow, joined: int) -> None:
        self.newest = row.at if self.newest is None or row.at > self.newest else self.newest
        self.taken += 1
        self.matched += bool(joined)
        self.joined += joined

    def state(self) -> SourceState:
        before = self._before
        return msgspec.structs.replace(
            before,
            newest=self.newest,
            taken=before.taken + self.taken,
            matched=before.matched + self.matched,
            unmatched=before.unmatched + self.taken - self.matched,
            joined=before.joined + self.joined,
            poison={one: before.poison.get(one, 0) + self.poison[one] for one in {**before.poison, **self.poison}},
        )
