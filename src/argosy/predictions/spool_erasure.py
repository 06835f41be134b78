"""A subject erased from every spool: ordered by one row, carried out by each one's drainer, before it moves anything.

From the order on, nothing that a spool then held of the subject reaches the database. What a server answered about the
subject after the order, and before its drainer carried it out, goes too. A drainer killed in between begins again.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from argosy.database import Database, Transaction
from argosy.database.database import in_lists
from argosy.errors import RecordUnreadable
from argosy.predictions import frames, segments
from argosy.predictions.record import SealedPrediction, from_bytes
from argosy.predictions.spool_names import known_name
from argosy.predictions.spools import hold_all_spools, hold_spool

_ORDER = "INSERT INTO subject_erasures (ordered_at, subject_hashes) VALUES (:now, :hashes)"
_DUE = """
SELECT number, subject_hashes FROM subject_erasures
WHERE number > (SELECT obeyed FROM spool_folders WHERE name = :name) ORDER BY number"""
_OBEYED = "UPDATE spool_folders SET obeyed = :number WHERE name = :name AND obeyed < :number"
_FORGET_FEEDBACK = "DELETE FROM feedback WHERE prediction_id IN (:ids)"


def order_erasure(transaction: Transaction, hashes: Iterable[bytes]) -> None:
    """From this transaction on no spool gives away what it holds of that subject; what was moved is there to delete."""
    hold_all_spools(transaction)
    encoded = msgspec.json.encode([one.hex() for one in hashes]).decode()
    transaction.execute(_ORDER, {"now": transaction.now(), "hashes": encoded})


def carry_out_erasures(folder: Path, database: Database) -> set[str]:
    """Erase in that spool what it was ordered to; the ids that went. Idempotent, and cheap where nothing is due."""
    name = known_name(folder)
    with database.read() as transaction:
        due = transaction.execute(_DUE, {"name": name})
    if not due:
        return set()
    hashes = {bytes.fromhex(one) for _, encoded in due for one in msgspec.json.decode(encoded)}
    ids = {one.id for path in _files(folder) for one in _of_subjects(path, hashes)}
    with database.write() as transaction:  # while the files still say which: what is overwritten names no prediction
        for part in in_lists(ids):
            transaction.execute(_FORGET_FEEDBACK, {"ids": part})
    with database.write() as transaction:
        hold_spool(transaction, name)
        for path in _files(folder):
            _overwrite(path, hashes)
        transaction.execute(_OBEYED, {"name": name, "number": due[-1][0]})
    return ids


def _files(folder: Path) -> list[Path]:
    return sorted([*segments.segments_in(folder), *segments.damaged(folder)])


def _of_subjects(path: Path, hashes: Collection[bytes]) -> Iterator[SealedPrediction]:
    with segments.open_segment(path) as segment:
        if segment is not None:
            yield from (one for one, _ in _found(_bytes_of(segment[0]), hashes))


def _overwrite(path: Path, hashes: Collection[bytes]) -> None:
    """Frames in place, which a writer appending to the file does not notice."""
    with segments.open_segment(path) as segment:
        if segment is None:
            return
        for _, (start, end) in _found(_bytes_of(segment[0]), hashes):
            os.pwrite(segment[0], frames.blank(end - start - frames.HEADER.size), start)
        os.fsync(segment[0])


def _bytes_of(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _found(data: bytes, hashes: Collection[bytes]) -> Iterator[tuple[SealedPrediction, tuple[int, int]]]:
    """The subjects' predictions among the complete frames, each with where its frame begins and ends."""
    for payload, end, _ in frames.complete(data):
        with suppress(RecordUnreadable):  # kept aside then, and so reported
            if not frames.is_blank(payload) and (one := from_bytes(payload)).subject_hash in hashes:
                yield one, (end - len(payload) - frames.HEADER.size, end)
