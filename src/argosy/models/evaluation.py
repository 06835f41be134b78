"""How well scores answer: accuracy, macro-F1 and log loss with intervals, and the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid
from argosy.models.estimator import Codes
from argosy.statistics.intervals import Floats, Interval, percentile_interval, resampled_confusions, resampled_means

_LEAST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Metrics:
    """Figures on one part of a dataset."""

    rows: int
    accuracy: Interval
    macro_f1: Interval
    log_loss: Interval | None
    confusion: NDArray[np.int64]
    """(true, answer); a last row more where labels were met that the model does not know."""

    def to_dict(self) -> dict[str, Any]:
        """`{accuracy: {value, low, high}, macro_f1: …, log_loss: …}`, log loss only where there are probabilities."""
        named = {"accuracy": self.accuracy, "macro_f1": self.macro_f1, "log_loss": self.log_loss}
        return {name: figure.to_dict() for name, figure in named.items() if figure is not None}

    def detail(self, labels: list[str]) -> dict[str, Any]:
        """What the store keeps of the matrix."""
        return {"labels": labels, "matrix": self.confusion.tolist()}


def evaluate(
    true_codes: Codes,
    scores: Floats,
    probabilities: Floats | None,
    n_classes: int,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Metrics:
    """Compare answers with the truth; a code of -1 is a label that the model does not know, always a miss.

    Macro-F1 is the mean over the classes that occur in the truth or in the answers, as scikit-learn has it; a class
    absent from a resample counts 0 in it. Deterministic given the seed. Raises DatasetInvalid on no rows.
    """
    if not len(true_codes):
        raise DatasetInvalid("there are no rows to evaluate on")
    random = np.random.default_rng(seed)
    confusion = confusion_matrix(true_codes, scores.argmax(axis=1), n_classes)
    accuracy, macro_f1 = _counted(confusion, random, resamples, confidence)
    log_loss = None
    if probabilities is not None:
        losses = _losses(true_codes, probabilities)
        log_loss = percentile_interval(float(losses.mean()), resampled_means(losses, seed, resamples), confidence)
    return Metrics(len(true_codes), accuracy, macro_f1, log_loss, confusion)


def confusion_matrix(true_codes: Codes, answers: Codes, n_classes: int) -> NDArray[np.int64]:
    """(true, answer) counts; unknown labels (-1) are in a last row, which is only there where there are any."""
    known = np.where(true_codes < 0, n_classes, true_codes)
    rows = n_classes + int((true_codes < 0).any())
    return np.bincount(known * n_classes + answers, minlength=rows * n_classes).reshape(rows, n_classes)


def _counted(
    confusion: NDArray[np.int64], random: np.random.Generator, resamples: int, confidence: float
) -> tuple[Interval, Interval]:
    counts, true, answer = resampled_confusions(confusion, random, resamples)
    observed = confusion[true, answer][None, :]
    figures = _figures(observed, true, answer)
    draws = _figures(counts, true, answer)
    return (
        percentile_interval(float(figures[0][0]), draws[0], confidence),
        percentile_interval(float(figures[1][0]), draws[1], confidence),
    )


def _figures(counts: NDArray[np.int64], true: Codes, answer: Codes) -> tuple[Floats, Floats]:
    """(accuracy, macro-F1) of each row of cell counts; the cells are in the order of `true`."""
    occurring = np.union1d(true, answer)
    is_hit = true == answer
    hits = np.zeros((len(counts), len(occurring)))
    hits[:, np.searchsorted(occurring, true[is_hit])] = counts[:, is_hit]
    by_answer = np.argsort(answer, kind="stable")
    sizes = np.zeros_like(hits)
    for codes, cells in ((true, counts), (answer[by_answer], counts[:, by_answer])):
        classes, starts = np.unique(codes, return_index=True)
        sizes[:, np.searchsorted(occurring, classes)] += np.add.reduceat(cells, starts, axis=1)
    f1 = np.divide(2 * hits, sizes, out=np.zeros_like(hits), where=sizes > 0)
    return hits.sum(axis=1) / counts.sum(axis=1), f1.mean(axis=1)


def _losses(true_codes: Codes, probabilities: Floats) -> Floats:
    """Minus the logarithm of the probability that each row gave to the truth."""
    given = probabilities[np.arange(len(true_codes)), np.maximum(true_codes, 0)]
    given = np.where(true_codes < 0, 0.0, given)
    return -np.log(np.clip(given, _LEAST_PROBABILITY, 1.0))
