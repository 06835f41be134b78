"""A definition validated by folds or repeated splits: figures over all rounds, with intervals.

Folds: every row is answered once, and the rows are resampled as those of one part are. Repeated splits share rows, so
that pooling them would make intervals too narrow: the interval is that of the mean over the rounds by the corrected
resampled t (Nadeau and Bengio 2003).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.datasets.dataset import Dataset
from argosy.definitions.evaluation import Evaluation, Repeats
from argosy.models.answers import classes_of, coded
from argosy.models.estimator import Codes, Estimator
from argosy.models.evaluation import Metrics
from argosy.models.measuring import answer_scores, measure
from argosy.models.rows_right import pack_right
from argosy.models.set_evaluation import SetMetrics, counted_rows
from argosy.statistics.intervals import Interval
from argosy.statistics.paired_tests import corrected_interval
from argosy.training.fit import Fit
from argosy.training.rounds import pooled_rows, round_of, validation_masks
from argosy.types import Part

FitOf = Callable[[int, Dataset], Fit]
"""The fit of a round's dataset, shared where another definition has made it."""

_AT_MOST_ONE = ("accuracy", "macro_f1", "micro_f1", "hamming_loss")


@dataclass(frozen=True)
class Validated:
    """`metrics` as those of a part; `rows_right` a round each, see models/rows_right.py."""

    metrics: dict[str, Any]
    rows_right: bytes


@dataclass(frozen=True)
class _Answers:
    """Of one round, in the numbers of the classes that all rounds have together; `scores` may be probabilities."""

    codes: Codes
    scores: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    """(rows, classes): of sets of labels, what each round answered by its own thresholds."""


def cross_validate(
    evaluation: Evaluation,
    dataset: Dataset,
    fit_of: FitOf,
    make: Callable[[], Estimator],
    check: Callable[[], None],
    seed: int = 0,
) -> Validated:
    """Fit and answer once a round; `check` is called between rounds and may raise to stop. Raises DatasetInvalid."""
    rows = pooled_rows(dataset)
    answers, estimator = [], make()
    are_sets = estimator.answers_sets
    classes = classes_of(rows.labels, are_sets)
    codes = coded(rows.labels, classes, are_sets)
    for place, mask in enumerate(validation_masks(evaluation, rows.example_ids, rows.labels)):
        check()
        fit, estimator = fit_of(place, round_of(dataset, rows, mask)), make()
        estimator.fit(fit.matrices[Part.TRAIN], fit.codes[Part.TRAIN], len(fit.classes))
        known = [classes.index(label) for label in fit.classes]
        answers.append(_answers(estimator, codes[mask], fit.matrices[Part.VALIDATION], known, len(classes)))
    counts = [counted_rows(one.codes, one.chosen) for one in answers] if are_sets else None
    right = pack_right([_right(one, are_sets) for one in answers], counts)

    def measured(of: _Answers, resamples: int) -> Metrics | SetMetrics:
        return measure(estimator, of.codes, of.scores, len(classes), seed, resamples, of.chosen)

    if isinstance(evaluation, Repeats):
        share = evaluation.validation_ratio
        return Validated(_over_rounds([measured(one, 2) for one in answers], share / (1 - share)), right)
    together = _Answers(
        np.concatenate([one.codes for one in answers]),
        np.concatenate([one.scores for one in answers]),
        np.concatenate([one.chosen for one in answers]),
    )
    return Validated(measured(together, 1000).to_dict(), right)


def _answers(estimator: Estimator, codes: Codes, matrix: Any, known: list[int], classes: int) -> _Answers:
    """A column a class of all rounds; one that this round did not learn is never the answer."""
    found = answer_scores(estimator, matrix)
    scores = np.full((len(found), classes), 0.0 if estimator.has_probabilities else -np.inf)
    scores[:, known] = found
    chosen = np.zeros(scores.shape, bool)
    if estimator.answered_from is not None:
        chosen[:, known] = found >= estimator.answered_from
    return _Answers(codes, scores, chosen)


def _right(of: _Answers, are_sets: bool) -> NDArray[np.bool_]:
    if not are_sets:
        return np.asarray(of.scores.argmax(axis=1) == of.codes)
    return np.asarray(((of.codes[:, :-1] > 0) == of.chosen).all(axis=1))


def _over_rounds(rounds: list[Metrics | SetMetrics], overlap: float) -> dict[str, Any]:
    figures = [found.to_dict() for found in rounds]
    metrics = {}
    for name in figures[0]:
        found = corrected_interval([one[name]["value"] for one in figures], overlap)
        most = 1.0 if name in _AT_MOST_ONE else inf
        metrics[name] = Interval(found.value, max(0.0, found.low), min(most, found.high)).to_dict()
    return metrics
