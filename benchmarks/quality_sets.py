"""The sets of `benchmarks.quality`: where their rows are, and how they were split by those who published them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
OUT_OF_SCOPE = "oos"


@dataclass(frozen=True)
class Set:
    """`rows` makes of the file's rows those that are used, each with `text`, `label` and `split`."""

    file: str
    rows: Callable[[list[Row]], Iterable[Row]]

    def read(self, folder: Path) -> list[Row]:
        """Rows of the test part first, so that of a text that is in both parts training loses its copy."""
        with gzip.open(folder / "text" / self.file, "rt", encoding="utf-8") as lines:
            found = list(self.rows([json.loads(line) for line in lines]))
        plain = [{name: row[name] for name in ("text", "label", "split")} for row in found if row["text"].strip()]
        return sorted(plain, key=lambda row: row["split"] != "test")


def as_published(rows: list[Row]) -> Iterable[Row]:
    return ({**row, "split": {"dev": "validation"}.get(row["split"], row["split"])} for row in rows)


def fine(rows: list[Row]) -> Iterable[Row]:
    """TREC's fifty types."""
    return ({**row, "label": row["fine_label"]} for row in rows)


def in_scope(rows: list[Row]) -> Iterable[Row]:
    """CLINC150's published validation part is tested on: its test part is not among the data."""
    return ({**row, "split": _TESTED[row["split"]]} for row in rows if row["split"] in _TESTED)


def with_oos(rows: list[Row]) -> Iterable[Row]:
    """The same with what no intent is meant by, as one more class."""
    return ({**row, "split": _TESTED_TOO[row["split"]]} for row in rows)


def by_time(rows: list[Row]) -> Iterable[Row]:
    """The last fifth is tested on: nobody published a split."""
    ordered = sorted(rows, key=lambda row: (row["created_at"], row["id"]))
    first = len(ordered) * 4 // 5
    return ({**row, "split": "test" if place >= first else "train"} for place, row in enumerate(ordered))


_TESTED = {"train": "train", "val": "test"}
_TESTED_TOO = {**_TESTED, "oos_train": "train", "oos_val": "test"}

SETS = {
    "banking77": Set("banking77.jsonl.gz", as_published),
    "clinc150": Set("clinc150.jsonl.gz", in_scope),
    "trec": Set("trec.jsonl.gz", fine),
    "sst2": Set("sst2.jsonl.gz", as_published),
    "airline_tweets": Set("airline_tweets.jsonl.gz", by_time),
    "20newsgroups": Set("20newsgroups.jsonl.gz", as_published),
    "clinc150_oos": Set("clinc150.jsonl.gz", with_oos),
}


def data_folder() -> Path:
    return Path(os.environ.get("ARGOSY_DATA") or Path(__file__).parents[2] / "shared" / "data")
