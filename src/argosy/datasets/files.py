"""Reading files of examples: JSON lines, CSV and TSV, gzipped or not, always UTF-8; and Parquet.

A file is streamed, never held, and a row of it has a limit (`lines.record_limit`). Every row is looked at before
anything is raised, so that the message counts all bad rows and lists the first few by line; with `skip_bad` they are
left out and counted instead. Since `Examples.add` stores nothing until its rows have ended, a file with a bad row
leaves nothing behind.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from argosy.datasets.columns import Columns, detect, identities, told
from argosy.datasets.conversion import Row, converter
from argosy.datasets.delimited import read_delimited
from argosy.datasets.example import Example
from argosy.datasets.json_lines import read_json_lines
from argosy.datasets.lines import head, opened, read_lines, record_limit
from argosy.datasets.parquet import read_parquet
from argosy.errors import ExamplesInvalid
from argosy.models.inputs import TEXT_BYTES

__all__ = ["Columns", "Reading", "read_file"]

_SAMPLE = 200
_LISTED = 5
_Row = tuple[int, Row]
"""A row's line and what is there."""


class Reading:
    """The examples of a file, to be iterated once; `problems` fills as it is."""

    def __init__(self, path: Path, columns: Columns, skip_bad: bool, text_bytes: int) -> None:
        self.path, self._columns, self._skip_bad, self._text_bytes = path, columns, skip_bad, text_bytes
        self._limit = record_limit(text_bytes)
        self.problems: list[str] = []
        self.skipped = 0
        self.columns: dict[str, str] = {}
        """What was read from which column; there once iterating has begun."""

    def __iter__(self) -> Iterator[Example]:
        good = 0
        with opened(self.path) as file:
            rows = self._rows(file)
            sample = self._sample(rows)
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
                    if self._skip_bad or not self.skipped:  # else nothing is imported: what follows is counted
                        yield example
        if self.skipped and (not self._skip_bad or not good):
            raise ExamplesInvalid(self._verdict(good))
        if not good:
            raise ExamplesInvalid(f"{self.path}: there is no row in it")

    def _sample(self, rows: Iterator[_Row]) -> list[_Row]:
        """The first rows; where none of them is good, the first good one."""
        sample = head(rows, _SAMPLE, self._limit)
        if all(isinstance(row, str) for _, row in sample):
            for line, row in rows:
                if not isinstance(row, str):
                    return [*sample, (line, row)]
                self._problem(line, row)
        return sample

    def _rows(self, file: IO[bytes]) -> Iterator[_Row]:
        """Line and row, or line and what is wrong with it."""
        suffix = self.path.name.removesuffix(".gz").rpartition(".")[2].lower()
        if suffix in ("jsonl", "ndjson", "json"):
            yield from read_json_lines(self._lines(file), self._limit, identities(self._columns))
        elif suffix in ("csv", "tsv", "tab", "txt"):
            yield from read_delimited(self._lines(file), self._limit, suffix, self._columns, str(self.path))
        elif suffix in ("parquet", "pq"):
            yield from read_parquet(self.path, self._limit)
        else:
            raise ExamplesInvalid(
                f"{self.path}: what is '.{suffix}'? It must be .jsonl, .csv or .tsv, or one of them .gz, or .parquet"
            )

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        """The file's lines up to where it breaks off."""
        line = 0
        try:
            for line, content in enumerate(read_lines(file, self._limit, str(self.path)), 1):  # noqa: B007 # used below
                yield content
        except EOFError:
            self._problem(line + 1, "the file breaks off in the middle of its compressed data")
        except (OSError, zlib.error) as error:
            self._problem(line + 1, f"cannot be read: {error}")

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
