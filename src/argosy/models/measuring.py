"""An estimator's answers to rows with known labels, measured by what it answers: single labels, sets or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, InputInvalid
from argosy.models.answers import check_scores, is_right
from argosy.models.evaluation import Metrics, evaluate
from argosy.models.given import checked_answers
from argosy.models.number_evaluation import NumberMetrics, evaluate_numbers
from argosy.models.rows_right import pack_errors, pack_right
from argosy.models.set_evaluation import SetMetrics, counted_rows, evaluate_sets

if TYPE_CHECKING:
    from argosy.models.estimator import Codes, Estimator, Scores

PartMetrics = Metrics | SetMetrics | NumberMetrics
Round = tuple["Codes", "Scores", NDArray[np.bool_] | None]
"""The truth of some rows, the scores, and of sets what was chosen, where not by the estimator's own thresholds."""


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
) -> PartMetrics:
    """Compare the answers that follow from `scores` with the truth, `codes` as `answers.coded` gives them.

    `chosen` are answers in sets where the estimator's own thresholds are not what they were chosen by.
    """
    if estimator.answers_numbers:
        return evaluate_numbers(codes, scores[:, 0], seed, resamples)
    if estimator.answered_from is None:
        probabilities = scores if estimator.has_probabilities else None
        return evaluate(codes, scores, probabilities, n_classes, seed, resamples)
    answers = scores >= estimator.answered_from if chosen is None else chosen
    return evaluate_sets(codes, answers, scores, seed, resamples)


def pack_rounds(estimator: Estimator, rounds: Sequence[Round]) -> bytes:
    """What a result keeps of rows that it was validated on, to be compared with others later; see `rows_right`."""
    if estimator.answers_numbers:
        return pack_errors([np.abs(scores[:, 0] - codes) for codes, scores, _ in rounds])
    thresholds = estimator.answered_from
    if thresholds is None:
        return pack_right([is_right(scores, codes) for codes, scores, _ in rounds])
    answered = [(codes, scores >= thresholds if chosen is None else chosen) for codes, scores, chosen in rounds]
    right = [((codes[:, :-1] > 0) == chosen).all(axis=1) & (codes[:, -1] == 0) for codes, chosen in answered]
    return pack_right(right, [counted_rows(codes, chosen) for codes, chosen in answered])
