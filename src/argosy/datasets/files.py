"""Reading files of examples: JSON lines, CSV and TSV, gzipped or not, always UTF-8; and Parquet.

A file is streamed, never held. Every row is looked at before anything is raised, so that the message counts all bad
rows and lists the first few by line; with `skip_bad` they are left out and counted instead. Since `Examples.add`
stores nothing until its rows have ended, a file with a bad row leaves nothing behind.
"""

from __future__ import annotations

import gzip
import io
import itertools
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from argosy.datasets.columns import Columns, detect, told
from argosy.datasets.conversion import converter
from argosy.datasets.delimited import read_delimited
from argosy.datasets.example import Example
from argosy.datasets.json_lines import read_json_lines
from argosy.datasets.parquet import read_parquet
from argosy.errors import ExamplesInvalid
from argosy.models.inputs import TEXT_BYTES

__all__ = ["Columns", "Reading", "read_file"]

_SAMPLE = 200
_LISTED = 5
_BUFFER_BYTES = 1 << 16
_GZIP, _UTF_16 = b"\x1f\x8b", (b"\xff\xfe", b"\xfe\xff")


class Reading:
    """The examples of a file, to be iterated once; `problems` fills as it is."""

    def __init__(self, path: Path, columns: Columns, skip_bad: bool, text_bytes: int) -> None:
        self.path, self._columns, self._skip_bad, self._text_bytes = path, columns, skip_bad, text_bytes
        self.problems: list[str] = []
        self.skipped = 0
        self.columns: dict[str, str] = {}
        """What was read from which column; there once iterating has begun."""

    def __iter__(self) -> Iterator[Example]:
        good = 0
        with _opened(self.path) as file:
            rows = self._rows(file)
            sample = list(itertools.islice(rows, _SAMPLE))
            names = dict.fromkeys(name for _, row in sample if not isinstance(row, str) for name in row)
            columns = detect(names, self._columns, str(self.path)) if names else self._columns
            self.columns = told(columns, names)
            convert = converter(columns, self._text_bytes)
            for line, row in itertools.chain(sample, rows):
                try:
                    example = convert(line, row)
                except (ValueError, OverflowError) as error:
                    self._problem(line, str(error))
                else:
                    good += 1
                    yield example
        if self.skipped and (not self._skip_bad or not good):
            raise ExamplesInvalid(self._verdict(good))
        if not good:
            raise ExamplesInvalid(f"{self.path}: there is no row in it")

    def _rows(self, file: IO[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
        """Line and row, or line and what is wrong with it."""
        suffix = self.path.name.removesuffix(".gz").rpartition(".")[2].lower()
        if suffix in ("jsonl", "ndjson", "json"):
            yield from read_json_lines(self._lines(file))
        elif suffix in ("csv", "tsv", "tab", "txt"):
            yield from read_delimited(self._lines(file), suffix, self._columns, str(self.path))
        elif suffix in ("parquet", "pq"):
            yield from read_parquet(self.path)
        else:
            raise ExamplesInvalid(
                f"{self.path}: what is '.{suffix}'? It must be .jsonl, .csv or .tsv, or one of them .gz, or .parquet"
            )

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        """The file's lines up to where it breaks off."""
        line = 0
        try:
            for line, content in enumerate(file, 1):
                if line == 1:
                    content = self._without_mark(content)
                yield content
        except EOFError:
            self._problem(line + 1, "the file breaks off in the middle of its compressed data")
        except (OSError, zlib.error) as error:
            self._problem(line + 1, f"cannot be read: {error}")

    def _without_mark(self, first: bytes) -> bytes:
        if first[:2] in _UTF_16:
            raise ExamplesInvalid(f"{self.path}: it is UTF-16; convert it to UTF-8: iconv -f UTF-16 -t UTF-8")
        return first.removeprefix(b"\xef\xbb\xbf")

    def _problem(self, line: int, what: str) -> None:
        self.skipped += 1
        if len(self.problems) < _LISTED:
            self.problems.append(f"line {line}: {what}")

    def _verdict(self, good: int) -> str:
        more = f"; and {self.skipped - len(self.problems):,} more" if self.skipped > len(self.problems) else ""
        count = f"{self.skipped:,} bad row{'s' * (self.skipped > 1)}"
        hint = f"the {good:,} good ones can be kept with --skip-bad" if good else "there is no good one"
        return f"{self.path}: {count}, nothing was imported ({hint}): {'; '.join(self.problems)}{more}"


def read_file(
    path: Path, columns: Columns | None = None, skip_bad: bool = False, text_bytes: int = TEXT_BYTES
) -> Reading:
    """The examples of a file; what is wrong with it is raised, as ExamplesInvalid, while it is iterated."""
    return Reading(path, columns or Columns(), skip_bad, text_bytes)


def _opened(path: Path) -> IO[bytes]:
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
