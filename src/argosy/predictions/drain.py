"""Moves what the spool holds into the table `predictions`, exactly once.

Each batch of frames and the position reached are committed together, so a drain killed at any moment goes on where it
was; two drains at once take turns. It needs no key: what it moves stays sealed. An erasure that the spool has been
ordered to is carried out before anything more is moved. A segment is deleted when its writer
is gone and every complete frame of it is in the database. What cannot be moved is kept aside in a file of its own, and
what follows it is moved: a frame that is damaged, one that cannot be read (a newer Argosy wrote it, say), and one that
the database refuses.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from argosy.database import ConstraintViolated, Database, Transaction
from argosy.error_messages import message_of
from argosy.errors import RecordUnreadable
from argosy.predictions import frames, segments, statements
from argosy.predictions.draw_levels import add_predictions
from argosy.predictions.record import SealedPrediction, ShadowPrediction, from_bytes
from argosy.predictions.shadows import add_shadows
from argosy.predictions.spool_erasure import carry_out_erasures
from argosy.predictions.spools import Spools, hold_spool, may_move
from argosy.telemetry import logger

BATCH_BYTES = 1 << 20  # keeps the database's write lock short
BATCH_FRAMES = 1 << 12
_REFUSALS = (ConstraintViolated, ValueError, OverflowError)
"""What a database raises that does not take a row: no outage, and the same however often it is tried."""
_log = logger("argosy.predictions")


class _ErasureDue(Exception):
    """The spool has something to do before it may be moved on."""


def drain_once(folder: Path, database: Database) -> int:
    """Move every complete frame there is; how many predictions that were.

    A segment that cannot be read holds up no other: its OSError is raised after them.
    """
    found = segments.segments_in(folder)
    if not found:
        return 0
    spools = Spools(database)
    spool = spools.enter(folder)
    carry_out_erasures(folder, database)
    positions, moved, unreadable = drained_positions(database), 0, None
    for path in found:
        try:
            moved += _drain(path, positions.get(path.name, 0), database, spool)
        except OSError as error:
            unreadable = error
    if unreadable is not None:
        raise unreadable
    if not segments.segments_in(folder):
        spools.leave(spool, folder, is_ending=False)
    return moved


def stuck(folder: Path, database: Database) -> list[Path]:
    """Segments that are damaged where the drain has got to, and go on being written: it waits for a complete frame."""
    positions, found = drained_positions(database), []
    for path in segments.segments_in(folder):
        with suppress(FileNotFoundError):
            rest = path.read_bytes()[positions.get(path.name, 0) :]
            if not frames.is_torn(rest) and not any(frames.complete(rest)):
                found.append(path)
    return found


def _drain(path: Path, position: int, database: Database, spool: str) -> int:
    moved = 0
    with segments.open_segment(path) as segment:
        if segment is None:
            return 0
        descriptor, writer_is_gone = segment
        while os.fstat(descriptor).st_size > position:
            try:
                count, reached = _move(path, descriptor, position, database, spool)
            except _ErasureDue:  # or it has left meanwhile
                Spools(database).enter(path.parent)
                carry_out_erasures(path.parent, database)
                continue
            if reached == position:
                break
            moved, position = moved + count, reached
        if writer_is_gone:
            _retire(path, descriptor, position, database)
    return moved


def _move(path: Path, descriptor: int, position: int, database: Database, spool: str) -> tuple[int, int]:
    """A batch, or as much of it as the database takes together; a record that it refuses by itself is kept aside."""
    problem = ""
    for frames_at_most in (BATCH_FRAMES, 64, 1):
        try:
            return _move_batch(path, descriptor, position, database, spool, frames_at_most, from_bytes)
        except _REFUSALS as error:
            problem = f"the database does not take it: {message_of(error)}"
    return _move_batch(path, descriptor, position, database, spool, 1, partial(_refuse, problem))


def _refuse(problem: str, _: memoryview) -> SealedPrediction:
    raise RecordUnreadable(problem)


def _move_batch(
    path: Path,
    descriptor: int,
    position: int,
    database: Database,
    spool: str,
    frames_at_most: int,
    read: Callable[[memoryview], SealedPrediction],
) -> tuple[int, int]:
    """Predictions added, and the position reached; a concurrent drain may have reached further than `position`."""
    with database.write() as transaction:
        hold_spool(transaction, spool)
        if not may_move(transaction, spool):
            raise _ErasureDue
        if segments.is_deleted(descriptor):  # and its position forgotten
            return 0, position
        at = _position(transaction, path.name)
        if at != position:
            return 0, at
        # in the transaction: an erasure before it has blanked its frames
        batch = _read_batch(descriptor, position)[:frames_at_most]
        if not batch:
            return 0, position
        rows = _readable(path, position, batch, read)
        add_predictions(transaction, [row for row in rows if not isinstance(row, ShadowPrediction)])
        add_shadows(transaction, rows)
        reached = position + batch[-1][1]
        transaction.execute(statements.ADVANCE, {"name": path.name, "position": reached})
    return len(rows), reached


def _readable(
    path: Path,
    position: int,
    batch: list[tuple[memoryview, int, memoryview]],
    read: Callable[[memoryview], SealedPrediction],
) -> list[SealedPrediction]:
    """The batch's predictions; whatever else is in it is kept aside, before the position is past it."""
    rows = []
    for payload, end, damaged in batch:
        start = position + end - len(payload) - frames.HEADER.size
        if damaged:
            _keep_aside(path, start - len(damaged), bytes(damaged), "its checksum does not hold")
        try:
            if not frames.is_blank(payload):
                rows.append(read(payload))
        except RecordUnreadable as error:
            _keep_aside(path, start, frames.frame(bytes(payload)), str(error))
    return rows


def _keep_aside(path: Path, start: int, data: bytes, problem: str) -> None:
    kept = segments.keep_aside(path, start, data)
    _log.error("%s: the record at byte %d is not moved: %s; kept as %s", path, start, problem, kept.name)


def _read_batch(descriptor: int, position: int) -> list[tuple[memoryview, int, memoryview]]:
    """Complete frames from there on: a batch's worth, or one frame if that one is larger."""
    size = BATCH_BYTES
    while True:
        data = os.pread(descriptor, size, position)
        batch = list(frames.complete(data))
        if batch or len(data) < size:
            return batch
        size *= 2


def drained_positions(database: Database) -> dict[str, int]:
    """How far each segment that is there was moved."""
    with database.read() as transaction:
        return dict(transaction.execute(statements.POSITIONS))


def _position(transaction: Transaction, name: str) -> int:
    rows = transaction.execute(statements.POSITION, {"name": name})
    return int(rows[0][0]) if rows else 0


def _retire(path: Path, descriptor: int, position: int, database: Database) -> None:
    """Delete a segment that is complete; one with damage inside is kept aside for a person."""
    rest = os.pread(descriptor, os.fstat(descriptor).st_size - position, position)
    if rest and not frames.is_torn(rest):
        _log.error("%s: damaged after byte %d; kept as %s", path, position, path.with_suffix(".damaged").name)
        path.rename(path.with_suffix(".damaged"))
    else:
        path.unlink()  # before its position is forgotten: the other order could drain it twice
    with database.write() as transaction:
        transaction.execute(statements.FORGET, {"name": path.name})
