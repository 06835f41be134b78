"""What the labels of a dataset say before anything is trained on it: the figures of one constant answer. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from argosy.database import Transaction
from argosy.datasets import statements as sql
from argosy.definitions.metrics import HEADLINES, figure_text, metric_name
from argosy.label_numbers import number_in
from argosy.label_sets import as_members, is_set
from argosy.types import Part

Counts = Mapping[Any, Mapping[str, int]]
"""{part: {label: rows}}."""
LEAST_ROWS = 2
"""Fewer training rows a class than this on average teach little that holds for other rows."""


@dataclass(frozen=True)
class Baseline:
    """The most frequent class of the training part, and the figures of always answering it: None without rows.

    Accuracy, or where rows have several labels micro-F1: what a leaderboard is ranked by. Of numbers, the mean of the
    training part and the mean absolute error.
    """

    label: str
    validation: float | None
    test: float | None
    metric: str = "accuracy"

    def __str__(self) -> str:
        parts = {"validation": self.validation, "test": self.test}
        figures = [f"{figure_text(value)} on {part}" for part, value in parts.items() if value is not None]
        named = f"{metric_name(self.metric)} " if self.metric == HEADLINES["numbers"] else ""
        return f"always '{self.label}': {named}{', '.join(figures)}"


def baseline(counts: Counts, pooled: bool = False, are_numbers: bool = False) -> Baseline | None:
    """Of a dataset; `pooled` where training and validation are validated on together, as by folds."""
    train, validation, test = (Counter(counts.get(part, {})) for part in (Part.TRAIN, Part.VALIDATION, Part.TEST))
    if pooled:
        train = validation = train + validation
    if are_numbers:
        return _mean_baseline(train, validation, test)
    rows = _rows_by_class(train)
    if not rows:
        return None
    label = min(rows, key=lambda name: (-rows[name], name))
    are_sets = any(is_set(name) for name in train)
    metric = HEADLINES["lists" if are_sets else "single"]
    return Baseline(label, _figure(label, validation), _figure(label, test), metric)


def _mean_baseline(*parts: Mapping[str, int]) -> Baseline | None:
    train, validation, test = ([(number_in(label) or 0.0, rows) for label, rows in part.items()] for part in parts)
    if not train:
        return None
    mean = _mean(train)
    errors = ([(abs(value - mean), rows) for value, rows in part] for part in (validation, test))
    figures = [_mean(part) if part else None for part in errors]
    return Baseline(figure_text(mean), figures[0], figures[1], HEADLINES["numbers"])


def _mean(weighed: Sequence[tuple[float, int]]) -> float:
    return math.fsum(value * rows for value, rows in weighed) / sum(rows for _, rows in weighed)


def problems(counts: Counts) -> list[str]:
    """Why little will be learned from these labels, whatever the model."""
    train = counts.get(Part.TRAIN, {})
    by_class = _rows_by_class(train)
    rows, classes, lone = sum(train.values()), len(by_class), sum(rows == 1 for rows in by_class.values())
    if classes and rows < LEAST_ROWS * classes:
        return [
            f"{rows:,} training rows have {classes:,} classes, fewer than {LEAST_ROWS} rows a class: {lone:,} of these "
            "have one row, which is mostly too little to know another by. Is the label's column the right one?"
        ]
    return []


def frozen_counts(transaction: Transaction, digest: str) -> Counts:
    """Those of a frozen dataset; empty where it is gone."""
    rows = transaction.execute(sql.DATASET, {"digest": digest})
    return msgspec.json.decode(rows[0][4], type=dict[str, dict[str, int]]) if rows else {}


def _rows_by_class(labels: Mapping[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for label, rows in labels.items():
        for one in as_members(label):
            found[one] += rows
    return found


def _figure(label: str, labels: Mapping[str, int]) -> float | None:
    rows = sum(labels.values())
    if not rows:
        return None
    hits = _rows_by_class(labels)[label]
    if any(map(is_set, labels)):
        return 2 * hits / (rows + sum(_rows_by_class(labels).values()))
    return hits / rows
