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
from argosy.datasets.encodings import HEAD_BYTES, canonical_encoding, wide_encoding
from argosy.datasets.file_options import FileOptions, Format, check_quoting
from argosy.datasets.json_lines import ARRAY_BYTES, read_json_array, read_json_lines
from argosy.datasets.lines import open_file, read_lines
from argosy.datasets.parquet import read_parquet
from argosy.datasets.reading import NumberedRow, Reading
from argosy.datasets.spreadsheets import SUFFIXES, read_spreadsheet
from argosy.errors import ExamplesInvalid

_FORMATS: dict[str, Format] = {
    **dict.fromkeys(("jsonl", "ndjson", "json"), "JSON"),
    **dict.fromkeys(("csv", "tsv", "tab", "txt"), "CSV or TSV"),
    **dict.fromkeys(("parquet", "pq"), "Parquet"),
    **dict.fromkeys(SUFFIXES, "a spreadsheet"),
}
"""A file's format by the end of its name."""


class FileReading(Reading):
    """The examples of a file."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        super().__init__(str(path), options)
        self.path = path
        self._encoding = canonical_encoding(options.encoding)
        check_quoting(options.quoting)

    def rows(self) -> Iterator[NumberedRow]:
        suffix = self.path.name.lower().removesuffix(".gz").rpartition(".")[2]
        form = _FORMATS.get(suffix)
        if form is None:
            open_file(self.path).close()
            raise ExamplesInvalid(
                f"{self.path}: what is '.{suffix}'? It must be .jsonl, .json, .csv or .tsv, or one of them .gz, "
                "or .parquet or .xlsx"
            )
        self.options.check_format(form, self.where)
        if form == "Parquet":
            yield from unwrapped(read_parquet(self.path, self._limit, self.wanted))
        elif form == "a spreadsheet":
            yield from read_spreadsheet(self.path, self.options.sheet, self.wanted)
        else:
            with open_file(self.path) as file:
                yield from self._text_rows(file, form, suffix)

    def _text_rows(self, file: BufferedReader, form: Format, suffix: str) -> Iterator[NumberedRow]:
        names, head = identities(self.options.columns), self._head(file)
        wide = wide_encoding(head)
        if wide and not self._encoding:
            raise ExamplesInvalid(f"{self.where}: it is {wide.upper()}: {self.options.spelled('encoding', wide)}")
        if form == "CSV or TSV":
            self.noun = "line"
            yield from read_delimited(self._lines(file), self._limit, suffix, self.options, self.where)
        elif self._is_array(head):
            yield from unwrapped(read_json_array(self._content(file), names, self.where))
        else:
            self.noun = "line"
            yield from unwrapped(read_json_lines(self._lines(file), self._limit, names))

    def _head(self, file: BufferedReader) -> bytes:
        try:
            return file.peek(HEAD_BYTES)[:HEAD_BYTES]
        except (EOFError, OSError, zlib.error):  # to be said where it is read
            return b""

    def _is_array(self, head: bytes) -> bool:
        return head.decode(self._encoding or "utf-8", "ignore").lstrip("\ufeff \t\r\n").startswith("[")

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
        for piece in [] if self._encoding or text.isascii() else text.split(b"}"):
            self._guess.add(piece)
        return text.removeprefix("\ufeff".encode())

    def _lines(self, file: BufferedReader) -> Iterator[bytes]:
        """The file's lines up to where it breaks off."""
        line = 0
        try:
            for line, content in enumerate(  # noqa: B007 # used below
                read_lines(file, self._limit, self.where, self._encoding), 1
            ):
                if not self._encoding:
                    self._guess.add(content)
                yield content
        except EOFError:
            self._problem(line + 1, "the file breaks off in the middle of its compressed data")
        except (OSError, zlib.error) as error:
            self._problem(line + 1, f"cannot be read: {error}")


class EveryColumn(FileReading):
    """The rows of a file, which need not be examples, with all of their columns."""

    def wanted(self, names: list[str]) -> list[str]:
        return names


def read_file(path: Path, options: FileOptions | None = None) -> FileReading:
    """The examples of a file; what is wrong with it is raised, as ExamplesInvalid, while it is iterated."""
    return FileReading(path, options or FileOptions())
