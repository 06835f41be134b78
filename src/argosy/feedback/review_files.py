"""The CSV that an analyst corrects.

Columns: prediction_id, text, answer, confidence, drawn, correction. The analyst writes the right label under
`correction`, in every row looked at; `ok` says that the answer was right, and an empty cell that nobody looked. Where
answers are lists of labels the right one is a list too, such as `["joy","love"]`; a single label is a list of one.
Columns may be reordered and others added; only prediction_id, answer, drawn and correction are read. `drawn` is the
chance with which the row was drawn; `uniform` there, as earlier files have it, says that it may measure.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TextIO

import msgspec

from argosy.errors import FeedbackInvalid
from argosy.label_sets import as_members, beside, canonical, is_set
from argosy.types import Input

COLUMNS = ("prediction_id", "text", "answer", "confidence", "drawn", "correction")
RIGHT = "ok"
_SHOWN_PROBLEMS = 5
_CELL_LIMIT = 1 << 30  # a text may be longer than the csv module's own limit
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ReviewRow:
    """One prediction laid before the analyst."""

    prediction_id: str
    input: Input
    answer: str
    confidence: float
    drawn: str
    """The chance with which it was drawn."""


@dataclass(frozen=True)
class Correction:
    """What a row of the returned file says; `line` is its line in the file, the header being 1."""

    line: int
    prediction_id: str
    label: str
    is_uniform: bool


@dataclass(frozen=True)
class Returned:
    """A corrected file, read: `new_labels` are labels no model knows yet (a new class, or a slip of the pen)."""

    corrections: list[Correction]
    skipped: int
    repeated: int
    new_labels: list[str] = field(default_factory=list)


def write(rows: Iterable[ReviewRow], out: TextIO) -> int:
    """Write the rows with an empty `correction` each; how many. Open the file with newline=''."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    written = 0
    for row in rows:
        writer.writerow((row.prediction_id, _cell(row.input), row.answer, f"{row.confidence:.4f}", row.drawn, ""))
        written += 1
    return written


def read(lines: Iterable[str], is_known: Callable[[str], bool], labels: Collection[str] = ()) -> Returned:
    """Read a corrected file back.

    `is_known` tells whether a prediction id was issued here; `labels` are those known so far (empty: not checked).
    Raises FeedbackInvalid naming the lines: missing columns, unknown ids, one prediction corrected in two ways.
    Nothing of a file with such a line is taken.
    """
    reading, line = _Reading(is_known, labels), 0
    try:
        reader = _reader(lines)
        _check_header(reader.fieldnames or ())
        for row in reader:
            line = reader.line_num
            reading.take(line, row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise FeedbackInvalid(f"after line {line}: not readable as CSV in UTF-8: {error}") from None
    return reading.done()


class _Reading:
    """A file on the way in: what was said of each prediction so far, and what is wrong."""

    def __init__(self, is_known: Callable[[str], bool], labels: Collection[str]) -> None:
        self._is_known, self._labels = is_known, frozenset(labels)
        self._taken: dict[str, Correction] = {}
        self._problems: list[str] = []
        self._skipped = self._repeated = 0

    def take(self, line: int, row: Mapping[str, str | None]) -> None:
        """Take one row, or note its problem."""
        label, prediction_id = (row.get("correction") or "").strip(), (row.get("prediction_id") or "").strip()
        if not label:
            self._skipped += 1
            return
        answer = (row.get("answer") or "").strip()
        if label.lower() == RIGHT and label not in self._labels:
            label = answer
        label = beside(canonical(label), canonical(answer))
        earlier = self._taken.get(prediction_id)
        if not label:
            self._problems.append(f"line {line}: 'ok' beside an empty answer")
        elif is_set(label) and not is_set(answer):
            self._problems.append(f"line {line}: '{label}' is several labels, and the answer '{answer}' a single one")
        elif not self._is_known(prediction_id):
            self._problems.append(f"line {line}: no prediction has the id '{prediction_id}'")
        elif earlier is not None and earlier.label != label:
            self._problems.append(
                f"line {line}: '{label}' for {prediction_id}, which line {earlier.line} corrects to '{earlier.label}'"
            )
        elif earlier is not None:
            self._repeated += 1
        else:
            self._taken[prediction_id] = Correction(line, prediction_id, label, row.get("drawn") == "uniform")

    def done(self) -> Returned:
        if self._problems:
            shown = "; ".join(self._problems[:_SHOWN_PROBLEMS])
            rest = len(self._problems) - _SHOWN_PROBLEMS
            raise FeedbackInvalid(shown + (f"; and {rest} more" if rest > 0 else ""))
        corrections = list(self._taken.values())
        said = {label for one in corrections for label in as_members(one.label)}
        new = said - self._labels if self._labels else set()
        return Returned(corrections, self._skipped, self._repeated, sorted(new))


def _reader(lines: Iterable[str]) -> csv.DictReader[str]:
    """What spreadsheets save: with or without a byte order mark, cells parted by comma, semicolon or tab."""
    lines = iter(lines)
    header = next(lines, "").removeprefix("\ufeff")
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(_CELL_LIMIT)
    return csv.DictReader(chain([header], lines), delimiter=delimiter)


def _check_header(columns: Collection[str]) -> None:
    missing = [name for name in ("prediction_id", "answer", "drawn", "correction") if name not in columns]
    if missing:
        raise FeedbackInvalid(
            f"line 1: the column {', '.join(missing)} is missing; the file needs {', '.join(COLUMNS)}"
        )


def _cell(value: Input) -> str:
    """The input as one cell. A leading apostrophe keeps a spreadsheet from running it as a formula."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text
