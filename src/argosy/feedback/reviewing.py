"""A review from end to end: predictions out of the log, corrections back into it."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.errors import PredictionNotFound
from argosy.feedback.review import choose
from argosy.feedback.review_files import Correction, ReviewRow
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.log import EVER, PredictionLog

DEFAULT_SOURCE = "analyst"


class Reviews:
    """Any thread; `draw` opens the seals of the rows that it returns and of no others."""

    def __init__(self, log: PredictionLog, feedback: FeedbackLog) -> None:
        self._log, self._feedback = log, feedback

    def draw(self, model: str, rows: int, seed: int, start: float = 0.0, end: float = EVER) -> list[ReviewRow]:
        """What to lay before an analyst of the predictions made in [start, end): see `review.choose`.

        Raises PredictionNotFound where the model made none in that time.
        """
        candidates = self._log.for_review(model, start, end)
        if not candidates:
            raise PredictionNotFound(f"'{model}' has made no predictions in that time: there is nothing to review")
        picked = choose(candidates, rows, seed)
        predictions = self._log.get_many(one.prediction_id for one in picked)
        return [
            ReviewRow(prediction.id, prediction.input, prediction.answer, prediction.confidence, one.drawn)
            for one, prediction in zip(picked, predictions, strict=True)
        ]

    def take(self, corrections: Iterable[Correction], source: str = DEFAULT_SOURCE) -> int:
        """Keep what a returned file says, all or nothing; how many were new.

        A source that repeats its last word about a prediction says nothing new; one that changes its mind does, also
        back to an earlier word. Two imports of one file at once keep it once.
        """
        return self._feedback.add_many(
            [
                Feedback(one.prediction_id, "correction", one.label, source, is_uniform=one.is_uniform)
                for one in corrections
            ]
        )

    def is_known(self, prediction_id: str) -> bool:
        """Whether an id was issued here."""
        try:
            self._feedback.of(prediction_id)
        except PredictionNotFound:
            return False
        return True
