"""What a report reckons from answers: figures of a class, calibration, and labels that look wrong. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from argosy.models.estimator import Codes
from argosy.models.intervals import Floats

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassFigures:
    """One class on the test part; None where there is nothing to divide by."""

    label: str
    rows: int
    answers: int
    """How often it was answered."""
    recall: Estimate | None
    precision: Estimate | None
    f1: float | None


@dataclass(frozen=True)
class Bin:
    """Answers of about the same probability, and how many of them were right."""

    rows: int
    probability: float
    right: Estimate


@dataclass(frozen=True)
class Doubt:
    """A row whose label the model does not believe, by its place; `margin` orders them, the worst first."""

    row: int
    suggested: int
    margin: float


def wilson(hits: int, rows: int, z: float = NORMAL_95) -> Estimate | None:
    """A share and its interval by Wilson's score (1927), which behaves at 0, at 1 and with few rows."""
    if not rows:
        return None
    share, spread = hits / rows, z * z / rows
    middle = (share + spread / 2) / (1 + spread)
    margin = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return Estimate(share, min(max(0.0, middle - margin), share), max(min(1.0, middle + margin), share))


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


def calibration(probabilities: Floats, right: NDArray[np.bool_], bins: int = 10) -> list[Bin]:
    """Answers in bins of as many rows each, by the probability of the answer, the least sure first."""
    order = np.argsort(probabilities, kind="stable")
    found = []
    for rows in np.array_split(order, min(bins, max(1, len(order) // 10))):
        share = wilson(int(right[rows].sum()), len(rows))
        if share is not None:
            found.append(Bin(len(rows), float(probabilities[rows].mean()), share))
    return found


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """How far probabilities are from what comes true, on average over the rows (expected calibration error)."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.probability - one.right.value) for one in bins) / rows if rows else None


def doubtful_labels(codes: Codes, scores: Floats) -> list[Doubt]:
    """Rows that look labelled wrongly, by confident learning (Northcutt, Jiang and Chuang 2021), the worst first.

    `scores` must come from models that did not learn from the row. How many rows of a label are truly of another class
    is estimated from the rows that pass a class's threshold, the mean score that rows labelled so give it; so many of
    those with the largest margins are in doubt ("prune by noise rate"). Rows with a code of -1, a label that the model
    never learned, are left out.
    """
    known = np.flatnonzero(codes >= 0)
    if not len(known):
        return []
    labels, scored = codes[known], scores[known]
    best = scored.argmax(axis=1)
    margins = scored.max(axis=1) - scored[np.arange(len(known)), labels]
    expected = _mislabelled(labels, scored)
    found = []
    for label, other in np.argwhere(expected > 0).tolist():
        places = np.flatnonzero((labels == label) & (best == other) & (margins > 0))
        worst = places[np.argsort(-margins[places], kind="stable")][: int(expected[label, other])]
        found += [Doubt(int(known[at]), other, float(margins[at])) for at in worst.tolist()]
    return sorted(found, key=lambda one: (-one.margin, one.row))


def _mislabelled(labels: Codes, scores: Floats) -> NDArray[np.int64]:
    """(label, class): how many rows of each label are truly of another class, as far as confident rows tell."""
    count = scores.shape[1]
    rows = np.bincount(labels, minlength=count)
    sums = np.bincount(labels, scores[np.arange(len(labels)), labels], minlength=count)
    thresholds = np.divide(sums, rows, out=np.full(count, np.inf), where=rows > 0)
    passed = np.where(scores >= thresholds, scores, -np.inf)
    sure = np.isfinite(passed.max(axis=1))
    joint = np.zeros((count, count))
    np.add.at(joint, (labels[sure], passed[sure].argmax(axis=1)), 1)
    totals = joint.sum(axis=1, keepdims=True)
    shares = np.divide(joint, totals, out=np.zeros_like(joint), where=totals > 0)
    expected: NDArray[np.int64] = np.ceil(shares * rows[:, None] - 1e-9).astype(np.int64)
    np.fill_diagonal(expected, 0)
    return expected
