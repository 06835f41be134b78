"""The CSV that an analyst corrects.

Columns: prediction_id, text, answer, confidence, drawn, correction. The analyst writes the right label under
`correction`, in every row looked at; an empty cell says that nobody looked. `ok`, in any case, says that the answer
was right: the one in the log, whatever the file has under `answer`. A label that is the word ok itself is written
`"ok"`, in double quotes. Where answers are lists of labels the right one is a list too, such as `["joy","love"]`; a
single label is a list of one. Columns may be reordered and others added; only prediction_id, drawn and correction are
read. `drawn` is the chance with which the row was drawn; `uniform` there, as earlier files have it, says that it may
measure.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TextIO

import msgspec

from argosy.datasets.csv_rows import CsvRows
from argosy.errors import FeedbackInvalid
from argosy.label_sets import as_members, canonical_label, in_form_of, is_set, label_of
from argosy.plurals import plural
from argosy.spreadsheet_cells import guarded, unguarded
from argosy.types import Input

COLUMNS = ("prediction_id", "text", "answer", "confidence", "drawn", "correction")
RIGHT = "ok"
LABEL_OK = '"ok"'
"""A label that is that word, as it is written under `correction`."""
_READ = ("prediction_id", "drawn", "correction")
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class ReviewRow:
    """One prediction for the analyst to review."""

    prediction_id: str
    input: Input
    answer: str
    confidence: float
    drawn: str
    """The chance with which it was drawn."""


@dataclass(frozen=True)
class Logged:
    """What the log has of an issued prediction; nothing where it was erased, or is in another machine's spool."""

    model: str = ""
    answer: str = ""


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


def write_review(rows: Iterable[ReviewRow], out: TextIO) -> int:
    """Write the rows with an empty `correction` each; how many. Open the file with newline=''."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    written = 0
    for row in rows:
        cells = (row.prediction_id, _cell(row.input), guarded(row.answer), f"{row.confidence:.4f}", row.drawn, "")
        writer.writerow(cells)
        written += 1
    return written


def read_corrections(
    lines: Iterator[bytes],
    limit: int,
    logged: Callable[[str], Logged | None],
    labels_of: Callable[[str], Collection[str]] = lambda _: (),
) -> Returned:
    """Read a corrected file back; a row may have `limit` bytes.

    `logged` gives what the log has of a prediction, None where its id was not issued here; `labels_of` a model's labels
    so far (empty: not checked). Raises FeedbackInvalid naming the lines: missing columns, malformed rows, unknown ids,
    one prediction corrected in two ways. Nothing of a file with such a line is taken.
    """
    reading, names = _Reading(logged, labels_of), None
    for line, cells in CsvRows(lines, limit):
        if names is None:
            names = _header(line, cells)
        else:
            reading.take(line, cells, names)
    if names is None:
        _header(1, [])
    return reading.done()


class _Reading:
    """A file on the way in: what was said of each prediction so far, and what is wrong."""

    def __init__(self, logged: Callable[[str], Logged | None], labels_of: Callable[[str], Collection[str]]) -> None:
        self._logged, self._labels_of = logged, labels_of
        self._taken: dict[str, Correction] = {}
        self._models: dict[str, str] = {}
        self._problems: list[str] = []
        self._skipped = self._repeated = 0

    def take(self, line: int, cells: list[str] | str, names: list[str]) -> None:
        """Take one row, or note its problem."""
        try:
            if isinstance(cells, str):
                raise ValueError(cells)
            if len(cells) != len(names):
                raise ValueError(f"it has {plural(len(cells), 'cell')} where there are {plural(len(names), 'column')}")
            self._take(line, dict(zip(names, cells, strict=True)))
        except ValueError as problem:
            self._problems.append(f"line {line}: {problem}")

    def _take(self, line: int, row: Mapping[str, str]) -> None:
        said, prediction_id = row["correction"].strip(), row["prediction_id"].strip().lower()
        if not said:
            self._skipped += 1
            return
        logged = self._logged(prediction_id)
        if logged is None:
            raise ValueError(f"no prediction has the id '{prediction_id}'")
        label = _label(said, logged.answer)
        earlier = self._taken.get(prediction_id)
        if earlier is not None and earlier.label != label:
            raise ValueError(f"'{label}' for {prediction_id}, which line {earlier.line} corrects to '{earlier.label}'")
        if earlier is not None:
            self._repeated += 1
            return
        self._taken[prediction_id] = Correction(line, prediction_id, label, row["drawn"] == "uniform")
        self._models[prediction_id] = logged.model

    def done(self) -> Returned:
        if self._problems:
            shown = "; ".join(self._problems[:_SHOWN_PROBLEMS])
            rest = len(self._problems) - _SHOWN_PROBLEMS
            raise FeedbackInvalid(shown + (f"; and {rest} more" if rest > 0 else ""))
        return Returned(list(self._taken.values()), self._skipped, self._repeated, self._new_labels())

    def _new_labels(self) -> list[str]:
        known = {
            model: {canonical_label(one) for one in self._labels_of(model)} for model in set(self._models.values())
        }
        said = {(self._models[one], label) for one, given in self._taken.items() for label in as_members(given.label)}
        return sorted({label for model, label in said if known[model] and canonical_label(label) not in known[model]})


def _label(said: str, answer: str) -> str:
    """What the analyst says that is right, in the form of the answer; raises ValueError."""
    if said.lower() == RIGHT:
        if not answer:
            raise ValueError("'ok' for an answer that is not in the log here: write the label itself")
        return answer
    label = RIGHT if said.lower() == LABEL_OK else label_of(unguarded(said))
    if answer and is_set(label) and not is_set(answer):
        raise ValueError(f"the label {label} is a list, and the answer '{answer}' a single label: write one")
    return in_form_of(label, answer)


def _header(line: int, cells: list[str] | str) -> list[str]:
    """The columns' names."""
    if isinstance(cells, str):
        raise FeedbackInvalid(f"line {line}: {cells}")
    names = [cell.strip() for cell in cells]
    missing = [name for name in _READ if name not in names]
    if missing:
        raise FeedbackInvalid(
            f"line {line}: the column {', '.join(missing)} is missing; the file needs {', '.join(COLUMNS)}"
        )
    return names


def _cell(value: Input) -> str:
    """The input as one cell."""
    return guarded(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
