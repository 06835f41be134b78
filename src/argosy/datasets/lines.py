"""A file's lines, gzipped or not, of bounded length: whatever it unpacks to, no more than one line is in memory."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final, TypeVar

from argosy.errors import ExamplesInvalid

RECORD_BYTES: Final = 16_000_000
"""The longest row, as it stands in the file, where texts are not allowed to be longer."""
TOO_LONG: Final = b""
"""Stands for a line that is longer; a line is never empty, since it ends with a line break or has other content."""

_BUFFER_BYTES = 1 << 16
_GZIP, _MARK, _UTF_16 = b"\x1f\x8b", b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_ESCAPED = 8  # a character of a text takes at most six bytes in JSON

T = TypeVar("T")


def record_limit(text_bytes: int) -> int:
    """How long a row may be where an input may have so many bytes."""
    return max(RECORD_BYTES, _ESCAPED * text_bytes)


def too_long(limit: int) -> str:
    """What is wrong with such a row."""
    return f"it is longer than {limit:,} bytes"


def opened(path: Path) -> IO[bytes]:
    """The file, unpacked where it is gzipped; raises ExamplesInvalid."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise ExamplesInvalid(f"{path}: cannot be read: {error.strerror}") from None
    head = file.peek(2)[:2]  # a pipe cannot be wound back
    if head == _GZIP:
        return io.BufferedReader(gzip.GzipFile(fileobj=file), _BUFFER_BYTES)
    if path.suffix == ".gz" and head:
        file.close()
        raise ExamplesInvalid(f"{path}: is called .gz and is not gzipped")
    return file


def read_lines(file: IO[bytes], limit: int, where: str) -> Iterator[bytes]:
    """Its lines without a byte order mark, TOO_LONG in place of one of more than `limit` bytes.

    Raises ExamplesInvalid on UTF-16, EOFError where a gzip file breaks off, OSError and zlib.error where it is damaged.
    """
    read = partial(file.readline, limit + 1)
    first = read()
    if first[:2] in _UTF_16:
        raise ExamplesInvalid(f"{where}: it is UTF-16; convert it to UTF-8: iconv -f UTF-16 -t UTF-8")
    if first not in (b"", _MARK):
        yield _whole(first, limit, file).removeprefix(_MARK)
    for line in iter(read, b""):
        yield line if len(line) <= limit else _whole(line, limit, file)


def head(rows: Iterator[T], most: int, most_characters: int) -> list[T]:
    """The first rows: so many, or fewer where they are long."""
    found: list[T] = []
    characters = 0
    for row in rows:
        found.append(row)
        characters += len(repr(row))
        if len(found) >= most or characters >= most_characters:
            break
    return found


def _whole(line: bytes, limit: int, file: IO[bytes]) -> bytes:
    """The line; where it is longer, what is left of it is passed over."""
    if len(line) <= limit or line.endswith(b"\n"):
        return line
    while line and not line.endswith(b"\n"):
        line = file.readline(_BUFFER_BYTES)
    return TOO_LONG
