"""Moves what the spool holds into the table `predictions`, exactly once.

Each batch of frames and the position reached are committed together, so a drain killed at any moment goes on where it
was; two drains at once take turns. It needs no key: what it moves stays sealed. A segment is deleted when its writer
is gone and every complete frame of it is in the database. A complete frame that cannot be read (a newer Argosy wrote
it, say) is kept aside in a file of its own, and what follows it is moved.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from argosy.database import Database, Transaction
from argosy.errors import DatabaseUnavailable, RecordUnreadable
from argosy.predictions import frames, segments, statements
from argosy.predictions.record import SealedPrediction, from_bytes
from argosy.telemetry import logger

BATCH_BYTES = 1 << 20  # keeps the database's write lock short
_log = logger("argosy.predictions")


def drain_once(folder: Path, database: Database) -> int:
    """Move every complete frame there is; how many predictions that were."""
    found = segments.listed(folder)
    if not found:
        return 0
    with database.read() as transaction:
        positions: dict[str, int] = dict(transaction.execute(statements.POSITIONS))
    return sum(_drain(path, positions.get(path.name, 0), database) for path in found)


def follow(folder: Path, database: Database, stop: threading.Event, every_seconds: float = 0.2) -> None:
    """Drain until `stop` is set, and once more after it. An outage of the database is outlived: the spool keeps."""
    problem = ""
    while True:
        is_last = stop.wait(every_seconds)
        try:
            drain_once(folder, database)
            problem = ""
        except DatabaseUnavailable as error:
            if str(error) != problem:
                _log.warning("predictions stay in the spool: %s", error)
            problem = str(error)
        if is_last:
            return


def _drain(path: Path, position: int, database: Database) -> int:
    moved = 0
    with segments.opened(path) as segment:
        if segment is None:
            return 0
        descriptor, writer_is_gone = segment
        while os.fstat(descriptor).st_size > position:
            count, reached = _move_batch(path, descriptor, position, database)
            if reached == position:
                break
            moved, position = moved + count, reached
        if writer_is_gone:
            _retire(path, descriptor, position, database)
    return moved


def _move_batch(path: Path, descriptor: int, position: int, database: Database) -> tuple[int, int]:
    """Predictions added, and the position reached; a drain beside us may have reached further than `position`."""
    with database.write() as transaction:
        if segments.is_deleted(descriptor):  # and its position forgotten
            return 0, position
        at = _position(transaction, path.name)
        if at != position:
            return 0, at
        batch = _read_batch(descriptor, position)  # in the transaction: an erasure before it has blanked its frames
        if not batch:
            return 0, position
        rows = _readable(path, position, batch)
        transaction.execute_many(statements.ADD, [statements.parameters(row) for row in rows])
        reached = position + batch[-1][1]
        transaction.execute(statements.ADVANCE, {"name": path.name, "position": reached})
    return len(rows), reached


def _readable(path: Path, position: int, batch: list[tuple[memoryview, int]]) -> list[SealedPrediction]:
    """The batch's predictions; whatever else is in it is kept aside, before the position is past it."""
    rows = []
    for payload, end in batch:
        if frames.is_blank(payload):
            continue
        try:
            rows.append(from_bytes(payload))
        except RecordUnreadable as error:
            start = position + end - len(payload) - frames.HEADER.size
            kept = segments.keep_aside(path, start, frames.frame(bytes(payload)))
            _log.error("%s: the record at byte %d cannot be read: %s; kept as %s", path, start, error, kept.name)
    return rows


def _read_batch(descriptor: int, position: int) -> list[tuple[memoryview, int]]:
    """Complete frames from there on: a batch's worth, or one frame if that one is larger."""
    size = BATCH_BYTES
    while True:
        data = os.pread(descriptor, size, position)
        batch = list(frames.complete(data))
        if batch or len(data) < size:
            return batch
        size *= 2


def _position(transaction: Transaction, name: str) -> int:
    rows = transaction.execute(statements.POSITION, {"name": name})
    return int(rows[0][0]) if rows else 0


def _retire(path: Path, descriptor: int, position: int, database: Database) -> None:
    """Delete a segment that nobody will append to; one with damage inside is kept aside for a human."""
    rest = os.pread(descriptor, os.fstat(descriptor).st_size - position, position)
    if rest and not frames.is_torn(rest):
        _log.error("%s: damaged after byte %d; kept as %s", path, position, path.with_suffix(".damaged").name)
        path.rename(path.with_suffix(".damaged"))
    else:
        path.unlink()  # before its position is forgotten: the other order could drain it twice
    with database.write() as transaction:
        transaction.execute(statements.FORGET, {"name": path.name})
