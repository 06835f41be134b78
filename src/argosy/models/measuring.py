"""An estimator's answers to rows with known labels, measured by what it answers: single labels or sets of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, InputInvalid
from argosy.models.answers import check_scores
from argosy.models.evaluation import Metrics, evaluate
from argosy.models.given import checked_answers
from argosy.models.set_evaluation import SetMetrics, evaluate_sets

if TYPE_CHECKING:
    from argosy.models.estimator import Codes, Estimator, Scores


def answer_scores(estimator: Estimator, features: Any) -> Scores:
    """Probabilities where there are any, else scores; raises DatasetInvalid where one is no number."""
    method = "probabilities" if estimator.has_probabilities else "scores"
    given = estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)
    try:
        return check_scores(checked_answers(estimator, method, given, features.shape[0]))
    except InputInvalid as problem:
        raise DatasetInvalid(f"the evaluated rows: {problem}") from None


def measure(
    estimator: Estimator,
    codes: Codes,
    scores: Scores,
    n_classes: int,
    seed: int,
    resamples: int = 1000,
    chosen: NDArray[np.bool_] | None = None,
) -> Metrics | SetMetrics:
    """Compare the answers that follow from `scores` with the truth, `codes` as `answers.coded` gives them.

    `chosen` are answers in sets where the estimator's own thresholds are not what they were chosen by.
    """
    if estimator.answered_from is None:
        probabilities = scores if estimator.has_probabilities else None
        return evaluate(codes, scores, probabilities, n_classes, seed, resamples)
    answers = scores >= estimator.answered_from if chosen is None else chosen
    return evaluate_sets(codes, answers, scores, seed, resamples)
