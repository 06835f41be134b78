"""From scores to answers: the highest class, every class that reaches its threshold, or the score itself as a number.

A model that answers numbers has the one class `value`, scores of shape (n, 1), no probabilities and no thresholds.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, InputInvalid
from argosy.label_numbers import numbers_in
from argosy.label_sets import as_members, set_label
from argosy.models.answer_kinds import VALUE, AnswerKind
from argosy.types import LabelKind

Codes = NDArray[Any]
"""(n,): the number of each row's class, int64; of sets of labels a matrix, of numbers these themselves, see `coded`."""
Scores = NDArray[np.float64]
"""(n, classes) or (classes,): probabilities where a model has them, else its own scores."""


def check_scores(scores: Scores) -> Scores:
    """The scores, each a number; raises InputInvalid naming the first row in which one is not."""
    if isfinite(np.add.reduce(scores, axis=None)):  # quick, and false for sums that are too large too
        return scores
    rows = np.flatnonzero(~np.isfinite(scores).all(axis=1))
    if not len(rows):
        return scores
    raise InputInvalid(
        f"row {rows[0] + 1}: the model's score is not a finite number: is a number in the input very large?"
    )


def answer_kind(classes: Sequence[str], thresholds: Scores | None) -> AnswerKind:
    """Whether a model with these classes answers numbers."""
    return "regress" if thresholds is None and len(classes) == 1 and classes[0] == VALUE else "classify"


def answers_of(scores: Scores, classes: Sequence[str], thresholds: Scores | None = None) -> list[str]:
    """The label of each row; with thresholds, its set of labels as one; a number as the shortest text that is exact."""
    if answer_kind(classes, thresholds) == "regress":
        return list(map(repr, scores[:, 0].tolist()))
    if thresholds is None:
        return [classes[best] for best in scores.argmax(axis=1).tolist()]
    return [set_label(classes[at] for at in np.flatnonzero(row).tolist()) for row in scores >= thresholds]


def confidence(scores: Scores, has_probabilities: bool, thresholds: Scores | None = None) -> Scores:
    """(n,): the highest probability; of scores without a scale, the margin over the second, squeezed into 0…1.

    Of sets, the probability that every label is as answered, taking labels as independent. Only good for ordering
    answers of one model. Of a number it is not known, which is 0 for all of them alike.
    """
    if thresholds is not None:
        return np.asarray(np.where(scores >= thresholds, scores, 1 - scores).prod(axis=1))
    if scores.shape[1] == 1 and not has_probabilities:
        return np.zeros(len(scores))
    ordered = np.sort(scores, axis=1)
    if has_probabilities:
        return ordered[:, -1]
    half = ordered[:, -1] / 2 - ordered[:, -2] / 2  # the whole margin may be beyond what a float can be
    return np.asarray(half / (0.5 + half))


def is_right(scores: Scores, codes: Codes, thresholds: Scores | None = None) -> NDArray[np.bool_]:
    """(n,): whether the answer is the truth; of sets, the exact set. `codes` as `coded` gives them."""
    if thresholds is None:
        return np.asarray(scores.argmax(axis=1) == codes)
    truth = codes[:, :-1] > 0
    return np.asarray(((scores >= thresholds) == truth).all(axis=1) & (codes[:, -1] == 0))


def coded(labels: Sequence[str], classes: Sequence[str], kind: LabelKind) -> Codes:
    """(n,): each label's number among the classes, -1 for one that is not there.

    Of lists, (n, classes + 1): 1 for each label that a row has; the last column counts those that are not there. Of
    numbers, (n,) float64: the numbers; raises DatasetInvalid naming the first row whose label is none.
    """
    if kind == "numbers":
        try:
            return np.array(numbers_in(labels), np.float64)
        except ValueError as problem:
            raise DatasetInvalid(str(problem)) from None
    number = {label: code for code, label in enumerate(classes)}
    if kind == "single":
        return np.fromiter((number.get(label, -1) for label in labels), np.int64, len(labels))
    found = np.zeros((len(labels), len(classes) + 1), np.int64)
    for row, label in enumerate(labels):
        for one in as_members(label):
            found[row, number.get(one, -1)] += 1
    return found


def classes_of(labels: Sequence[str], kind: LabelKind) -> list[str]:
    """The classes that these labels are of, in order; of numbers, `value` alone."""
    if kind == "numbers":
        return [VALUE]
    if kind == "single":
        return sorted(set(labels))
    return sorted({one for label in set(labels) for one in as_members(label)})
