"""A file's lines, gzipped or not, of bounded length: whatever it unpacks to, no more than one line is in memory."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final, TypeVar, cast

from argosy.datasets.encodings import wide_encoding
from argosy.errors import ExamplesInvalid

RECORD_BYTES: Final = 16_000_000
"""The longest row, as it stands in the file, where texts are not allowed to be longer."""
TOO_LONG: Final = b""
"""Stands for a line that is longer; a line is never empty, since it ends with a line break or has other content."""
NOT_ENCODED: Final = "it is not UTF-8"
"""What is wrong with a line in another encoding."""

_GZIP, _MARK = b"\x1f\x8b", b"\xef\xbb\xbf"
_BUFFER_BYTES = 1 << 16
_ESCAPED = 8  # a character of a text takes at most six bytes in JSON

T = TypeVar("T")


class BadLines(str):
    """What is wrong with a row of this many `lines`, all of which are lost with it."""

    __slots__ = ("lines",)
    lines: int

    def __new__(cls, problem: str, lines: int) -> BadLines:
        made = super().__new__(cls, problem)
        made.lines = lines
        return made


def record_limit(text_bytes: int) -> int:
    """How long a row may be where an input may have this many bytes."""
    return max(RECORD_BYTES, _ESCAPED * text_bytes)


def too_long(limit: int) -> str:
    """What is wrong with such a row."""
    return f"it is longer than {limit:,} bytes"


def open_file(path: Path) -> io.BufferedReader:
    """The file, unpacked where it is gzipped; raises ExamplesInvalid."""
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise ExamplesInvalid(f"{path}: cannot be read: {getattr(error, 'strerror', error)}") from None
    head = file.peek(2)[:2]  # a pipe cannot be rewound
    if head == _GZIP:
        return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=file)), _BUFFER_BYTES)
    if path.suffix.lower() == ".gz" and head:
        file.close()
        raise ExamplesInvalid(f"{path}: is called .gz and is not gzipped")
    return file


def read_lines(file: IO[bytes], limit: int, where: str, encoding: str = "") -> Iterator[bytes]:
    """Its lines in UTF-8, without a byte order mark, TOO_LONG in place of one of more than `limit` bytes.

    A line that is not in its encoding is no UTF-8 either. Raises ExamplesInvalid on UTF-16 that `encoding` does not
    say; EOFError where a gzip file breaks off, OSError and zlib.error where it is damaged.
    """
    if encoding:
        yield from _encoded_lines(file, limit, where, encoding)
        return
    read = partial(file.readline, limit + 1)
    first = read()
    if wide := wide_encoding(first):
        raise ExamplesInvalid(f"{where}: it is {wide.upper()}: save it as UTF-8")
    if first not in (b"", _MARK):
        yield _whole(first, limit, file).removeprefix(_MARK)
    for line in iter(read, b""):
        yield line if len(line) <= limit else _whole(line, limit, file)


def head(rows: Iterator[T], most: int, most_characters: int) -> list[T]:
    """The first rows: this many, or fewer where they are long."""
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


def _encoded_lines(file: IO[bytes], limit: int, where: str, encoding: str) -> Iterator[bytes]:
    """Lines of another encoding as UTF-8; bytes that it does not have become surrogates, which UTF-8 does not have."""
    text = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="\n")
    try:
        is_first = True
        for line in iter(partial(text.readline, limit + 1), ""):
            whole = line
            while whole and len(line) > limit and not whole.endswith("\n"):
                whole = text.readline(_BUFFER_BYTES)
            content = line.removeprefix("\ufeff") if is_first else line
            is_first = False
            if content:
                yield TOO_LONG if len(line) > limit else content.encode(errors="surrogatepass")
    except UnicodeError as error:
        raise ExamplesInvalid(f"{where}: it is not {encoding}: {error.args[-1]}") from None
    finally:
        text.detach()
