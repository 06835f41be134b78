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
from argosy.models.measuring import PartMetrics, answer_scores, measure, pack_rounds
from argosy.statistics.intervals import Interval
from argosy.statistics.paired_tests import corrected_interval
from argosy.training.fit import Fit
from argosy.training.rounds import pooled_rows, round_of, validation_masks
from argosy.types import Part

FitOf = Callable[[int, Dataset], Fit]
"""The fit of a round's dataset, shared where another definition has made it."""

_AT_MOST_ONE = ("accuracy", "macro_f1", "micro_f1", "hamming_loss", "r2")


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
    kind = estimator.label_kind()
    classes = classes_of(rows.labels, kind)
    codes = coded(rows.labels, classes, kind)
    spread_over = [""] * len(rows) if kind == "numbers" else rows.labels  # numbers are spread at random
    for place, mask in enumerate(validation_masks(evaluation, rows.example_ids, spread_over)):
        check()
        fit, estimator = fit_of(place, round_of(dataset, rows, mask)), make()
        estimator.fit(fit.matrices[Part.TRAIN], fit.codes[Part.TRAIN], len(fit.classes))
        known = [classes.index(label) for label in fit.classes]
        answers.append(_answers(estimator, codes[mask], fit.matrices[Part.VALIDATION], known, len(classes)))
    packed = pack_rounds(estimator, [(one.codes, one.scores, one.chosen) for one in answers])

    def measured(of: _Answers, resamples: int) -> PartMetrics:
        return measure(estimator, of.codes, of.scores, len(classes), seed, resamples, of.chosen)

    if isinstance(evaluation, Repeats):
        share = evaluation.validation_ratio
        return Validated(_over_rounds([measured(one, 2) for one in answers], share / (1 - share)), packed)
    together = _Answers(
        np.concatenate([one.codes for one in answers]),
        np.concatenate([one.scores for one in answers]),
        np.concatenate([one.chosen for one in answers]),
    )
    return Validated(measured(together, 1000).to_dict(), packed)


def _answers(estimator: Estimator, codes: Codes, matrix: Any, known: list[int], classes: int) -> _Answers:
    """A column a class of all rounds; one that this round did not learn is never the answer."""
    found = answer_scores(estimator, matrix)
    scores = np.full((len(found), classes), 0.0 if estimator.has_probabilities else -np.inf)
    scores[:, known] = found
    chosen = np.zeros(scores.shape, bool)
    if estimator.answered_from is not None:
        chosen[:, known] = found >= estimator.answered_from
    return _Answers(codes, scores, chosen)


def _over_rounds(rounds: list[PartMetrics], overlap: float) -> dict[str, Any]:
    figures = [found.to_dict() for found in rounds]
    metrics = {}
    for name in (name for name in figures[0] if all(name in one for one in figures)):
        found = corrected_interval([one[name]["value"] for one in figures], overlap)
        least, most = -inf if name == "r2" else 0.0, 1.0 if name in _AT_MOST_ONE else inf
        metrics[name] = Interval(found.value, max(least, found.low), min(most, found.high)).to_dict()
    return metrics
