"""How far numbers are from the truth: mean absolute error, root mean squared error and R², with intervals.

R² is the share of the truth's variance that is explained (the coefficient of determination): 1 is perfect, 0 is what
the mean of these rows reaches, and below 0 is worse than that. Intervals are the percentile bootstrap's over rows
(Efron 1979), all figures from the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from argosy.errors import DatasetInvalid
from argosy.label_numbers import numbers_in
from argosy.statistics.intervals import Floats, Interval, percentile_interval, resampled_sums


@dataclass(frozen=True)
class NumberMetrics:
    """Figures on one part of a dataset; the spreads are standard deviations."""

    rows: int
    figures: dict[str, Interval]
    truth_spread: float
    answer_spread: float

    def to_dict(self) -> dict[str, Any]:
        """`{mae: {value, low, high}, rmse: …, r2: …}`; R² only where the truth varies."""
        return {name: figure.to_dict() for name, figure in self.figures.items()}

    def detail(self, labels: list[str]) -> dict[str, Any]:  # noqa: ARG002  # as those of classes have it
        """What the store keeps in place of a confusion matrix."""
        spreads = {"truth_spread": self.truth_spread, "answer_spread": self.answer_spread}
        return {"numbers": {"rows": self.rows, **spreads}}


def evaluate_numbers(
    truth: Floats, answers: Floats, seed: int, resamples: int = 1000, confidence: float = 0.95
) -> NumberMetrics:
    """Compare numbers with the truth, row by row. Deterministic given the seed. Raises DatasetInvalid on no rows."""
    if not len(truth):
        raise DatasetInvalid("there are no rows to evaluate on")
    errors, distances = np.abs(answers - truth), truth - truth.mean()
    scale = max(float(errors.max()), float(np.abs(distances).max())) or 1.0  # squares stay within what a float can be
    errors, distances = errors / scale, distances / scale
    columns = np.stack([errors, errors**2, distances, distances**2], axis=1)
    observed = _figures(columns.sum(axis=0, keepdims=True), len(truth), scale)
    draws = _figures(resampled_sums(columns, seed, resamples), len(truth), scale)
    figures = {
        name: percentile_interval(float(value[0]), draws[name][np.isfinite(draws[name])], confidence)
        for name, value in observed.items()
        if np.isfinite(value[0]) and np.isfinite(draws[name]).any()
    }
    return NumberMetrics(len(truth), figures, float(truth.std()), float(answers.std()))


def absolute_errors(answers: Sequence[str], labels: Sequence[str]) -> Floats:
    """(rows,): how far answers are from labels, both as text; raises DatasetInvalid where one is not a number."""
    try:
        return np.abs(np.array(numbers_in(answers), np.float64) - np.array(numbers_in(labels), np.float64))
    except ValueError as problem:
        raise DatasetInvalid(str(problem)) from None


def _figures(sums: Floats, rows: int, scale: float) -> dict[str, Floats]:
    """Each figure of each row of sums; R² is no number where the truth of a draw does not vary."""
    absolute, squared, distances, squared_distances = sums.T
    around = squared_distances - distances**2 / rows
    varies = around > 1e-12 * np.maximum(squared_distances, 1e-300)
    explained = 1 - np.divide(squared, around, out=np.full(len(sums), np.nan), where=varies)
    return {"mae": scale * absolute / rows, "rmse": scale * np.sqrt(squared / rows), "r2": explained}
