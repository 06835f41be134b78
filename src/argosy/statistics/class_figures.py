"""Figures of each class of a classifier, from its confusion matrix. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argosy.statistics.intervals import Interval, wilson


@dataclass(frozen=True)
class ClassFigures:
    """One class on the test part; None where there is nothing to divide by."""

    label: str
    rows: int
    answers: int
    """How often it was answered."""
    recall: Interval | None
    precision: Interval | None
    f1: float | None


def class_figures(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> list[ClassFigures]:
    """Each class's figures from the confusion matrix, (true, answer); a last row more is of labels never learned."""
    matrix = np.array(confusion, np.int64).reshape(-1, len(labels))
    counts = np.stack([np.diagonal(matrix), matrix.sum(axis=1)[: len(labels)], matrix.sum(axis=0)], axis=1)
    return set_figures(labels, counts.tolist())


def set_figures(labels: Sequence[str], per_label: Sequence[Sequence[int]]) -> list[ClassFigures]:
    """Each label's figures where texts have several, from (hits, rows, answers)."""
    found = []
    for label, (hits, rows, answers) in zip(labels, per_label, strict=True):
        f1 = 2 * hits / (rows + answers) if rows + answers else None
        found.append(ClassFigures(label, rows, answers, wilson(hits, rows), wilson(hits, answers), f1))
    return found


def confused(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    """(true, answer, rows) of every mistake that was made, the most frequent first."""
    matrix = np.array(confusion, np.int64).reshape(-1, len(labels))
    names = [*labels, "(never learned)"]
    pairs = [(names[true], labels[answer], int(matrix[true, answer])) for true, answer in np.argwhere(matrix).tolist()]
    return sorted((pair for pair in pairs if pair[0] != pair[1]), key=lambda pair: (-pair[2], pair[0], pair[1]))
