"""All rows of a database in one file, which every engine writes and takes back.

The file is a sequence of frames, each a length and a value in MessagePack: first the numbers of the schema's steps and
the last number that each table gave, then for each table its name and columns, followed by rows in packs. Tables come
in the order of their creation, so that a row's references are there before it. No matter who made the file, its names
are compared with those of the schema, and no frame is longer than the file.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec

from argosy.database import migrations
from argosy.database.database import ConstraintViolated, Database, Row, Transaction
from argosy.errors import RowsUnreadable
from argosy.paths import make_private_file

PACK_ROWS: Final = 500
PACK_BYTES: Final = 1 << 20
_LENGTH: Final = struct.Struct("<Q")
_encode = msgspec.msgpack.encode
_VALUES: Final = frozenset((str, int, float, bytes, type(None)))


class _Head(msgspec.Struct, frozen=True, tag="head"):
    steps: list[int]
    numbers: dict[str, int]


class _Table(msgspec.Struct, frozen=True, tag="table"):
    name: str
    columns: list[str]


class _Pack(msgspec.Struct, frozen=True, tag="rows"):
    rows: list[tuple[Any, ...]]


_Frame = _Head | _Table | _Pack


def write_rows(state: Transaction, target: Path) -> None:
    """Write every row that the transaction sees into a new file."""
    with make_private_file(target).open("wb") as file:
        _put(file, _Head(sorted(migrations.applied_steps(state)), state.numbers()))
        for table, columns in state.tables().items():
            if table != migrations.TABLE:
                _put(file, _Table(table, columns))
                query = f"SELECT {_listed(columns)} FROM {_quoted(table)}"  # noqa: S608  # the schema's own names
                for pack in _packs(state.stream(query)):
                    _put(file, _Pack(pack))


def fill_from_rows(database: Database, source: Path) -> None:
    """Fill an empty database, all or nothing, and bring its schema up to date.

    Raises RowsUnreadable where the file was damaged, SchemaNewer where it holds steps that are not known here.
    """
    with source.open("rb") as file, database.write() as transaction:
        frames = _frames(file, source.stat().st_size)
        head = next(frames, None)
        if not isinstance(head, _Head):
            raise RowsUnreadable(f"{source} holds no rows of a database")
        if transaction.tables():
            raise RowsUnreadable(f"{database.url} is not empty: rows are loaded into an empty database only")
        migrations.apply(transaction, str(source), set(head.steps))
        tables, insert, width = transaction.tables(), "", 0
        for frame in frames:
            if isinstance(frame, _Table) and tables.get(frame.name) == frame.columns != []:
                width = len(frame.columns)
                values = ", ".join(f":{column}" for column in frame.columns)
                insert = f"INSERT INTO {_quoted(frame.name)} ({_listed(frame.columns)}) VALUES ({values})"  # noqa: S608
            elif isinstance(frame, _Pack) and insert and all(_is_sound(row, width) for row in frame.rows):
                _insert(transaction, insert, frame.rows, source)
            else:
                raise RowsUnreadable(f"{source} was damaged: it holds what its schema does not")
        transaction.set_numbers({name: number for name, number in head.numbers.items() if name in tables})
    database.migrate()


class Content(NamedTuple):
    """What a table holds, whatever the order: how many rows, and the sum of their SHA-256 modulo 2²⁵⁶."""

    rows: int
    digest: str


def content_of_tables(state: Transaction) -> dict[str, Content]:
    """By the tables' names; alike in two databases, of whatever engine, exactly where their rows are."""
    found = {}
    for table, columns in state.tables().items():
        count = total = 0
        for row in state.stream(f"SELECT {_listed(columns)} FROM {_quoted(table)}"):  # noqa: S608  # the schema's names
            count += 1
            total += int.from_bytes(hashlib.sha256(_encode(row)).digest())
        found[table] = Content(count, f"{total % (1 << 256):064x}")
    return {table: content for table, content in found.items() if table != migrations.TABLE}


def _insert(transaction: Transaction, insert: str, rows: list[Row], source: Path) -> None:
    try:
        transaction.execute_many(insert, rows)
    except (ConstraintViolated, ValueError, OverflowError) as error:
        raise RowsUnreadable(f"{source} was damaged: a row of it cannot be taken: {error}") from None


def _is_sound(row: Row, width: int) -> bool:
    return len(row) == width and _VALUES.issuperset(map(type, row))


def _packs(rows: Iterator[Row]) -> Iterator[list[Row]]:
    pack: list[Row] = []
    size = 0
    for row in rows:
        pack.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(pack) >= PACK_ROWS or size >= PACK_BYTES:
            yield pack
            pack, size = [], 0
    if pack:
        yield pack


def _put(file: IO[bytes], frame: _Frame) -> None:
    data = _encode(frame)
    file.write(_LENGTH.pack(len(data)) + data)


def _frames(file: IO[bytes], left: int) -> Iterator[Any]:
    decode = msgspec.msgpack.Decoder(_Frame).decode
    while head := file.read(_LENGTH.size):
        left -= len(head)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else left + 1
        frame = None
        if length <= left:
            left -= length
            with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                frame = decode(file.read(length))
        if frame is None:
            raise RowsUnreadable(f"{file.name} was damaged, or cut short")
        yield frame


def _listed(columns: list[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return f'"{name}"'
