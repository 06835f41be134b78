"""How well sets of labels are answered: micro- and macro-F1, exact sets, Hamming loss and log loss, with intervals.

Counts are of pairs of a text and a label. Intervals are the bootstrap's over texts, whose labels stay together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid
from argosy.statistics.intervals import Floats, Interval, percentile_interval, resampled_sums

SetCounts = NDArray[np.int64]
_LEAST_PROBABILITY: Final = 1e-15


def counted_rows(codes: SetCounts, answers: NDArray[np.bool_]) -> tuple[SetCounts, SetCounts]:
    """Of each row how many labels were rightly answered, and how many it and the answer have together."""
    truth = codes[:, :-1] > 0
    return (truth & answers).sum(axis=1), truth.sum(axis=1) + codes[:, -1] + answers.sum(axis=1)


@dataclass(frozen=True)
class SetMetrics:
    """Figures on one part of a dataset."""

    rows: int
    figures: dict[str, Interval]
    per_label: SetCounts
    """(classes, 3): hits, rows that have the label, answers that have it."""

    def to_dict(self) -> dict[str, Any]:
        """`{micro_f1: {value, low, high}, macro_f1, accuracy, hamming_loss, log_loss}`; accuracy is of exact sets."""
        return {name: figure.to_dict() for name, figure in self.figures.items()}

    def detail(self, labels: list[str]) -> dict[str, Any]:
        """What the store keeps in place of a confusion matrix."""
        return {"labels": labels, "rows": self.rows, "per_label": self.per_label.tolist()}


def evaluate_sets(
    codes: SetCounts, answers: NDArray[np.bool_], probabilities: Floats, seed: int, resamples: int = 1000
) -> SetMetrics:
    """Compare (rows, classes) answers with the truth, `codes` as `answers.coded` gives them.

    Labels that no training row has are misses. Macro-F1 is the mean over the labels that occur in the truth or the
    answers. Deterministic given the seed. Raises DatasetInvalid on no rows.
    """
    if not len(codes):
        raise DatasetInvalid("there are no rows to evaluate on")
    truth = codes[:, :-1] > 0
    rows, classes = truth.shape
    columns = _columns(codes, answers, probabilities)
    occurs = np.asarray((truth | answers).any(axis=0))
    observed = columns.sum(axis=0, keepdims=True)
    values = _figures(observed, rows, classes, occurs)
    draws = _figures(resampled_sums(columns, seed, resamples), rows, classes, occurs)
    figures = {name: percentile_interval(float(value[0]), draws[name], 0.95) for name, value in values.items()}
    hits, sizes = observed[0, :classes].astype(np.int64), truth.sum(axis=0)
    return SetMetrics(rows, figures, np.stack([hits, sizes, answers.sum(axis=0)], axis=1))


def _columns(codes: SetCounts, answers: NDArray[np.bool_], probabilities: Floats) -> Floats:
    """What is summed over rows: each class's hits, each one's truth and answers together, and five figures a row."""
    truth, unknown = codes[:, :-1] > 0, codes[:, -1]
    likely = np.clip(np.where(truth, probabilities, 1 - probabilities), _LEAST_PROBABILITY, 1.0)
    exact = (truth == answers).all(axis=1) & (unknown == 0)
    wrong = (truth != answers).sum(axis=1) + unknown
    per_row = (exact, *counted_rows(codes, answers), wrong, -np.log(likely).mean(axis=1))
    per_label = truth & answers, truth.astype(np.int64) + answers
    return np.column_stack([*per_label, *per_row]).astype(np.float64)


def _figures(sums: Floats, rows: int, classes: int, occurs: NDArray[np.bool_]) -> dict[str, Floats]:
    """Each figure of each row of sums."""
    hits, sizes = sums[:, :classes][:, occurs], sums[:, classes : 2 * classes][:, occurs]
    exact, all_hits, all_sizes, wrong, losses = sums[:, 2 * classes :].T
    f1 = np.divide(2 * hits, sizes, out=np.zeros_like(hits), where=sizes > 0)
    return {
        "micro_f1": np.divide(2 * all_hits, all_sizes, out=np.ones_like(all_hits), where=all_sizes > 0),
        "macro_f1": f1.mean(axis=1) if occurs.any() else np.ones(len(sums)),
        "accuracy": exact / rows,
        "hamming_loss": wrong / (rows * classes),
        "log_loss": losses / rows,
    }
