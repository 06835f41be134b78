"""Reading files of examples: JSON, CSV and TSV, gzipped or not; Parquet and spreadsheets.

A file is streamed, never held (but a JSON array and a sheet), and a row of it has a limit (`lines.record_limit`). What
becomes of bad rows: see `reading`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from argosy.datasets.annotations import unwrapped
from argosy.datasets.columns import identities
from argosy.datasets.delimited import read_delimited
from argosy.datasets.file_options import FileOptions, check_quoting
from argosy.datasets.json_lines import ARRAY_BYTES, read_json_array, read_json_lines
from argosy.datasets.lines import UTF_16, canonical_encoding, open_file, read_lines
from argosy.datasets.parquet import read_parquet
from argosy.datasets.reading import NumberedRow, Reading
from argosy.datasets.spreadsheets import SUFFIXES, read_spreadsheet
from argosy.errors import ExamplesInvalid

_PEEKED = 256


class FileReading(Reading):
    """The examples of a file."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        super().__init__(str(path), options)
        self.path = path
        self._encoding = canonical_encoding(options.encoding)
        check_quoting(options.quoting)

    def rows(self) -> Iterator[NumberedRow]:
        name = self.path.name.lower()
        suffix = name.removesuffix(".gz").rpartition(".")[2]
        if suffix in ("parquet", "pq"):
            yield from unwrapped(read_parquet(self.path, self._limit, self.wanted))
        elif suffix in SUFFIXES:
            yield from read_spreadsheet(self.path, self.options.sheet, self.wanted)
        elif suffix in ("jsonl", "ndjson", "json", "csv", "tsv", "tab", "txt"):
            with open_file(self.path) as file:
                yield from self._text_rows(file, suffix)
        else:
            open_file(self.path).close()
            raise ExamplesInvalid(
                f"{self.path}: what is '.{suffix}'? It must be .jsonl, .json, .csv or .tsv, or one of them .gz, "
                "or .parquet or .xlsx"
            )

    def _text_rows(self, file: BufferedReader, suffix: str) -> Iterator[NumberedRow]:
        names = identities(self.options.columns)
        if suffix in ("csv", "tsv", "tab", "txt"):
            self.noun = "line"
            yield from read_delimited(self._lines(file), self._limit, suffix, self.options, self.where)
        elif self._is_array(file):
            yield from unwrapped(read_json_array(self._content(file), names, self.where))
        else:
            self.noun = "line"
            yield from unwrapped(read_json_lines(self._lines(file), self._limit, names))

    def _is_array(self, file: BufferedReader) -> bool:
        try:
            peeked = file.peek(_PEEKED)[:_PEEKED]
        except (EOFError, OSError, zlib.error):  # to be said where it is read
            return False
        if peeked[:2] in UTF_16 and not self._encoding:
            return False
        return peeked.decode(self._encoding or "utf-8", "ignore").lstrip("\ufeff \t\r\n").startswith("[")

    def _content(self, file: BufferedReader) -> bytes:
        """All of it, or a byte more than an array may have."""
        try:
            content = file.read(ARRAY_BYTES + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise ExamplesInvalid(f"{self.where}: it breaks off or is damaged: {error}") from None
        try:
            text = content.decode(self._encoding).encode() if self._encoding else content
        except UnicodeError:
            raise ExamplesInvalid(f"{self.where}: it is not {self.options.encoding}") from None
        return text.removeprefix("\ufeff".encode())

    def _lines(self, file: BufferedReader) -> Iterator[bytes]:
        """The file's lines up to where it breaks off."""
        line, to_do = 0, self.options.spelled("encoding", "utf-16")
        try:
            lines = read_lines(file, self._limit, self.where, self._encoding, to_do)
            for line, content in enumerate(lines, 1):  # noqa: B007 # used below
                yield content
        except EOFError:
            self._problem(line + 1, "the file breaks off in the middle of its compressed data")
        except (OSError, zlib.error) as error:
            self._problem(line + 1, f"cannot be read: {error}")


def read_file(path: Path, options: FileOptions | None = None) -> FileReading:
    """The examples of a file; what is wrong with it is raised, as ExamplesInvalid, while it is iterated."""
    return FileReading(path, options or FileOptions())
