"""Labels that look wrong, by confident learning. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from argosy.statistics.intervals import Floats

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Doubt:
    """A row whose label the model does not believe, by its place; `margin` orders them, the worst first."""

    row: int
    suggested: int
    margin: float


def doubtful_labels(codes: Codes, scores: Floats) -> list[Doubt]:
    """Rows that look labelled wrongly, by confident learning (Northcutt, Jiang and Chuang 2021), the worst first.

    `scores` must come from models that did not learn from the row. How many rows of a label are truly of another class
    is estimated from the rows that pass a class's threshold, the mean score that rows labelled so give it; as many of
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
    """(label, class): how many rows of each label are truly of another class, estimated from confident rows."""
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
