"""The rows of a file that are to be answered: read as examples are, but without labels; a bad row stops no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from argosy.datasets.columns import check_column_names, usual_column, value_at
from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import FileReading
from argosy.errors import ExamplesInvalid, nearest
from argosy.identities import identity_of
from argosy.models.inputs import check_input, is_lone_text
from argosy.types import Input

BATCH_ROWS: Final = 1000
BATCH_CHARACTERS: Final = 1_000_000
_SAMPLE: Final = 100
_LISTED: Final = 30


class InputRow(NamedTuple):
    """A row: its line or number, and its input or what is wrong with it; `kept` as the wanted columns are ordered."""

    number: int
    given: Input | None
    problem: str = ""
    kept: tuple[Any, ...] = ()
    subject: str | None = None
    entity: str | None = None


@dataclass(frozen=True)
class WantedColumns:
    """What is read from which column; an empty name is none, and of `text` the usual one."""

    text: str = ""
    keep: tuple[str, ...] = ()
    subject: str = ""
    entity: str = ""


class InputReading(FileReading):
    """The rows of a file for a model that reads those fields; what is wrong with the file raises ExamplesInvalid."""

    def __init__(self, path: Path, options: FileOptions, wanted: WantedColumns, reads: Mapping[str, str]) -> None:
        self._lone = next(iter(reads)) if is_lone_text(reads) else ""
        self._fields = () if self._lone else tuple(reads)
        # the roles of names: of such columns no digit of a number is lost
        columns = Columns(wanted.text or None, subject=wanted.subject or None, source=wanted.entity or None)
        super().__init__(path, msgspec.structs.replace(options, columns=columns))
        self._columns = wanted
        self._text = ""
        self._late: list[InputRow] = []

    def wanted(self, names: list[str]) -> list[str]:
        check_column_names(names, self.where)
        self._find(names)
        named = (self._text, *self._fields, *self._columns.keep, self._columns.subject, self._columns.entity)
        heads = {name if name in names else name.partition(".")[0] for name in named}
        return [name for name in names if name in heads]

    def __iter__(self) -> Iterator[InputRow]:  # type: ignore[override]
        rows = self.rows()
        sample = list(islice(rows, _SAMPLE))
        known = [row for _, row in sample if not isinstance(row, str)]
        if known:
            self._find(list(dict.fromkeys(name for row in known for name in row)))
        for number, row in chain(sample, rows):
            yield InputRow(number, None, str(row)) if isinstance(row, str) else self._row(number, row)
        yield from self._late

    def _problem(self, number: int, what: str) -> None:
        """What the file's reader finds itself, such as that the file breaks off."""
        self._late.append(InputRow(number, None, what))

    def _find(self, names: list[str]) -> None:
        asked = (self._columns.text, *self._columns.keep, self._columns.subject, self._columns.entity, *self._fields)
        for name in filter(None, asked):
            if name not in names and name.partition(".")[0] not in names:
                raise ExamplesInvalid(
                    f"{self.where}: no column is called '{name}'{nearest(name, names)}; {_there(names)}"
                )
        if self._lone:
            own = self._lone if self._lone in names else ""
            self._text = self._columns.text or own or usual_column("text", names)
            if not self._text:
                option = self.options.spelled("text", "COLUMN")
                raise ExamplesInvalid(f"{self.where}: which column is the text? Say it with {option}; {_there(names)}")

    def _row(self, number: int, row: Mapping[str, Any]) -> InputRow:
        kept = tuple(_value(row, name) for name in self._columns.keep)
        try:
            given = {name: row.get(name) for name in self._fields} if self._fields else _value(row, self._text)
            if given is None or given != given:  # NaN
                raise ValueError(f"there is no '{self._text}'")
            check_input(given, self.options.text_bytes)
            subject = identity_of(_value(row, self._columns.subject), "subject")
            entity = identity_of(_value(row, self._columns.entity), "entity")
        except (ValueError, OverflowError) as problem:
            return InputRow(number, None, str(problem), kept)
        return InputRow(number, given, "", kept, subject, entity)


def in_batches(rows: Iterator[InputRow]) -> Iterator[list[InputRow]]:
    """The rows in batches that are the same whenever the file is read again."""
    batch: list[InputRow] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += sum(map(_characters, (row.given, *row.kept)))
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _characters(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(str(value))


def _value(row: Mapping[str, Any], name: str) -> Any:
    if not name:
        return None
    return row[name] if name in row else value_at(row, tuple(name.split("."))) if "." in name else None


def _there(names: list[str]) -> str:
    shown = [*names[:_LISTED], *(["…"] if len(names) > _LISTED else [])]
    return f"there are: {', '.join(shown)}"
