"""A definition validated by folds or repeated splits: figures over all rounds, with intervals.

Folds: every row is answered once, and the rows are resampled as those of one part are. Repeated splits share rows, so
that pooling them would make intervals too narrow: the interval is that of the mean over the rounds by the corrected
resampled t (Nadeau and Bengio 2003).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.datasets.dataset import Dataset
from argosy.definitions.evaluation import Evaluation, Repeats
from argosy.models.estimator import Codes, Estimator
from argosy.models.evaluation import Metrics, evaluate
from argosy.models.intervals import Interval
from argosy.models.paired import corrected_error, pack_right
from argosy.training.fit import Fit
from argosy.training.rounds import pooled, round_of, validated
from argosy.types import Part

FitOf = Callable[[int, Dataset], Fit]
"""The fit of a round's dataset, shared where another definition has made it."""

_AT_MOST_ONE = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class Validated:
    """`metrics` as those of a part; `rows_right` a round each, see models/paired.py."""

    metrics: dict[str, Any]
    rows_right: bytes


@dataclass(frozen=True)
class _Answers:
    """Of one round, in the numbers of the classes that all rounds have together; `scores` may be probabilities."""

    codes: Codes
    scores: NDArray[np.float64]


def cross_validate(
    evaluation: Evaluation,
    dataset: Dataset,
    fit_of: FitOf,
    make: Callable[[], Estimator],
    check: Callable[[], None],
    seed: int = 0,
) -> Validated:
    """Fit and answer once a round; `check` is called between rounds and may raise to stop. Raises DatasetInvalid."""
    rows = pooled(dataset)
    classes = sorted(set(rows.labels))
    number = {label: code for code, label in enumerate(classes)}
    codes = np.array([number[label] for label in rows.labels], np.int64)
    answers, estimator = [], make()
    for place, mask in enumerate(validated(evaluation, rows.example_ids, rows.labels)):
        check()
        fit, estimator = fit_of(place, round_of(dataset, rows, mask)), make()
        estimator.fit(fit.matrices[Part.TRAIN], fit.codes[Part.TRAIN], len(fit.classes))
        known = [number[label] for label in fit.classes]
        answers.append(_Answers(codes[mask], _scores(estimator, fit.matrices[Part.VALIDATION], known, len(classes))))
    right = pack_right([one.scores.argmax(axis=1) == one.codes for one in answers])
    measure = _measure(len(classes), estimator.has_probabilities, seed)
    if isinstance(evaluation, Repeats):
        share = evaluation.validation_ratio
        return Validated(_over_rounds([measure(one, 2) for one in answers], share / (1 - share)), right)
    together = _Answers(np.concatenate([a.codes for a in answers]), np.concatenate([a.scores for a in answers]))
    return Validated(measure(together, 1000).to_dict(), right)


def _scores(estimator: Estimator, matrix: Any, known: list[int], classes: int) -> NDArray[np.float64]:
    """A column a class of all rounds; one that this round did not learn is never the answer."""
    found = estimator.probabilities(matrix) if estimator.has_probabilities else estimator.scores(matrix)
    scores = np.full((len(found), classes), 0.0 if estimator.has_probabilities else -np.inf)
    scores[:, known] = found
    return scores


def _measure(classes: int, has_probabilities: bool, seed: int) -> Callable[[_Answers, int], Metrics]:
    def measure(answers: _Answers, resamples: int) -> Metrics:
        probabilities = answers.scores if has_probabilities else None
        return evaluate(answers.codes, answers.scores, probabilities, classes, seed, resamples)

    return measure


def _over_rounds(rounds: list[Metrics], overlap: float, confidence: float = 0.95) -> dict[str, Any]:
    from scipy.special import stdtrit

    figures = [found.to_dict() for found in rounds]
    reach = float(stdtrit(len(rounds) - 1, (1 + confidence) / 2))
    metrics = {}
    for name in figures[0]:
        values = [found[name]["value"] for found in figures]
        mean, error = fmean(values), corrected_error(values, overlap)
        most = 1.0 if name in _AT_MOST_ONE else np.inf
        metrics[name] = Interval(mean, max(0.0, mean - reach * error), min(most, mean + reach * error)).to_dict()
    return metrics
