"""A review from end to end: predictions out of the log, corrections back into it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Self

from argosy.backends import Backends
from argosy.database import Database
from argosy.errors import PredictionNotFound
from argosy.feedback.review import draw_review
from argosy.feedback.review_files import Correction, Logged, ReviewRow
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.log import EVER, PredictionLog
from argosy.predictions.measures import add_draws, drawn
from argosy.predictions.review_pool import ReviewPool
from argosy.types import Progress

DEFAULT_SOURCE = "analyst"


class Reviews:
    """Any thread; `draw` opens the seals of the rows that it returns and of no others."""

    def __init__(self, database: Database, log: PredictionLog, feedback: FeedbackLog) -> None:
        self._database, self._log, self._feedback = database, log, feedback

    @classmethod
    def of(cls, backends: Backends) -> Self:
        """Those of a project."""
        return cls(backends.database, backends.prediction_log, backends.feedback_log)

    def candidates(
        self,
        model: str,
        rows: int,
        start: float = 0.0,
        end: float = EVER,
        report_progress: Progress = lambda _: None,
    ) -> ReviewPool:
        """Of the predictions made in [start, end), what a draw of so many rows needs; raises PredictionNotFound where
        there are none."""
        found = self._log.for_review(model, start, end, rows, report_progress)
        if not found.likely:
            raise PredictionNotFound(f"'{model}' has made no predictions in that time: there is nothing to review")
        return found

    def draw(self, candidates: ReviewPool, rows: int, differing: Collection[str] = ()) -> list[ReviewRow]:
        """What an analyst is to review, see `draw_review`; the chances are kept, so that what comes back measures.

        In the order of the draw: anyone who stops early has looked at a fair sample too.
        """
        chosen = draw_review(candidates.likely, rows, differing, candidates.quarters, candidates.limit)
        predictions = self._log.get_many(chosen.prediction_ids)
        with self._database.write() as transaction:
            add_draws(transaction, chosen.chances)
        return [
            ReviewRow(one.id, one.input, one.answer, one.confidence, f"{chosen.chances[one.id]:.4f}")
            for one in predictions
        ]

    def take(self, corrections: Iterable[Correction], source: str = DEFAULT_SOURCE) -> int:
        """Keep what a returned file says, all or nothing; how many were new.

        Corrections of what was drawn for review measure, as those do of which the file says so (`uniform`).
        A source that repeats its last word about a prediction says nothing new; one that changes its mind does, also
        back to an earlier word. Two imports of one file at once keep it once.
        """
        given = list(corrections)
        with self._database.read() as transaction:
            fair = drawn(transaction, [one.prediction_id for one in given])
        return self._feedback.add_many(
            [
                Feedback(
                    one.prediction_id,
                    "correction",
                    one.label,
                    source,
                    is_uniform=one.is_uniform or one.prediction_id in fair,
                )
                for one in given
            ]
        )

    def logged(self, prediction_id: str) -> Logged | None:
        """What the log has of a prediction, without draining first; None where the id was never issued here."""
        try:
            found = self._log.answer(prediction_id)
        except PredictionNotFound:
            return None
        return Logged(*found) if found else Logged()
