"""Answers as the bytes of a CSV or of lines of JSON; a Parquet file is made of such lines at the end. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from argosy.errors import UserMistake
from argosy.models.answer_kinds import VALUE
from argosy.paths import check_suffix
from argosy.spreadsheet_cells import guarded

Form = Literal["csv", "jsonl", "parquet"]
FORMS: Final[Mapping[str, Form]] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
TOP_COLUMNS: Final = ("top_labels", "top_probabilities")
OWN: Final = ("row", "label", "confidence", *TOP_COLUMNS, "version", "prediction_id", "problem")


@dataclass(frozen=True)
class AnsweredRow:
    """What is said of one input row; `scores` are those of the classes, where they are wanted."""

    number: int
    kept: Sequence[Any]
    label: str | None = None
    confidence: float | None = None
    scores: Sequence[float] = ()
    prediction_id: str | None = None
    problem: str | None = None
    top: tuple[Sequence[str], Sequence[float]] | None = None
    """Its likeliest classes with their probabilities."""


@dataclass(frozen=True)
class Layout:
    """The columns of an output: `scores` names those of the classes' scores, empty where they are not wanted.

    With `is_number`, `value` takes the place of label and confidence.
    """

    form: Form
    version: str
    keep: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    is_logged: bool = False
    is_number: bool = False
    has_top: bool = False

    @property
    def columns(self) -> dict[str, str]:
        """Each column and its type: int, float or text."""
        return dict(self.named())

    def named(self) -> Iterator[tuple[str, str]]:
        """The same in their order, a name that two have twice."""
        yield "row", "int"
        yield from ((kept_name(one), "text") for one in self.keep)
        yield from ((VALUE, "float"),) if self.is_number else (("label", "text"), ("confidence", "float"))
        yield from ((one, "text") for one in TOP_COLUMNS if self.has_top)
        yield from ((one, "float") for one in self.scores)
        yield "version", "text"
        if self.is_logged:
            yield "prediction_id", "text"
        yield "problem", "text"


def check_distinct(layout: Layout) -> None:
    """Raises UserMistake where two columns have one name: only one of them would be written."""
    twice = [name for name, count in Counter(name for name, _ in layout.named()).items() if count > 1]
    if twice:
        raise UserMistake(f"two columns of the output would be called '{twice[0]}': leave out one column")


def form_of(path: Path) -> Form:
    """By the end of an output's name; raises PathInvalid."""
    return FORMS[check_suffix(path, FORMS)]


def kept_name(column: str) -> str:
    """What a column of the input is called in the output."""
    return f"input_{column}" if column in OWN else column


def encoded(layout: Layout, rows: Sequence[AnsweredRow], with_header: bool) -> bytes:
    """The bytes of these rows, the first of a CSV with its header."""
    records = [_record(layout, row) for row in rows]
    if layout.form != "csv":
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if with_header:
        writer.writerow(map(guarded, layout.columns))
    writer.writerows([_cell(value) for value in record.values()] for record in records)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _record(layout: Layout, row: AnsweredRow) -> dict[str, Any]:
    is_flat = layout.form == "parquet"
    kept = [None if value is None else _text(value) for value in row.kept] if is_flat else row.kept
    scores: Sequence[float | None] = row.scores or [None] * len(layout.scores)
    return {
        "row": row.number,
        **dict(zip(map(kept_name, layout.keep), kept, strict=True)),
        **_answer(layout, row),
        **_top(layout, row),
        **dict(zip(layout.scores, scores, strict=True)),
        "version": None if row.label is None else layout.version,
        **({"prediction_id": row.prediction_id} if layout.is_logged else {}),
        "problem": row.problem,
    }


def _answer(layout: Layout, row: AnsweredRow) -> dict[str, Any]:
    if layout.is_number:
        return {VALUE: None if row.label is None else float(row.label)}
    return {"label": row.label, "confidence": row.confidence}


def _top(layout: Layout, row: AnsweredRow) -> dict[str, Any]:
    """Lists; in a format of flat columns as JSON."""
    if not layout.has_top:
        return {}
    values = row.top or (None, None)
    is_flat = layout.form == "parquet" and row.top
    return dict(zip(TOP_COLUMNS, map(_text, values) if is_flat else values, strict=True))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else guarded(_text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
