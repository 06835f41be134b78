"""The feedback of a project: outcomes, corrections, reviews."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from argosy.backends import Backends
from argosy.feedback.reviewing import DEFAULT_SOURCE
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.log import PredictionLog
from argosy.types import Progress

if TYPE_CHECKING:
    from argosy.feedback.review_files import Returned, ReviewRow


class ProjectFeedback:
    """`project.feedback`."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    @property
    def log(self) -> PredictionLog:
        return self._backends.prediction_log

    @property
    def given(self) -> FeedbackLog:
        return self._backends.feedback_log

    def add(
        self,
        prediction_id: str,
        label: str,
        kind: str = "correction",
        source: str = DEFAULT_SOURCE,
        uniform: bool = False,
        key: str = "",
    ) -> bool:
        """What a prediction should have been; False where it was said already. Raises PredictionNotFound.

        `uniform` says that the prediction was drawn without regard to its answer, so that this may measure.
        """
        return self.given.add(prediction_id, kind, label, source, key, uniform)

    def add_to_entity(
        self,
        entity: str,
        start: float,
        end: float,
        label: str,
        kind: str = "outcome",
        source: str = DEFAULT_SOURCE,
        uniform: bool = False,
        key: str = "",
        model: str = "",
    ) -> tuple[list[str], int]:
        """The same for every prediction about an entity in [start, end), of one model or of all.

        Their ids, and how many were new.
        """
        given = Feedback("", kind, label, source, uniform, idempotency_key=key)  # type: ignore[arg-type]  # checked later
        return self.given.add_to_entity(self.log, entity, start, end, given, model)

    def newest(self, rows: int = 50, model: str = "") -> list[tuple[Feedback, str, str]]:
        """The feedback that was given last, the newest first, with the model and the answer of each prediction.

        Raises ModelNotFound where there is neither feedback on that model nor the model.
        """
        self.log.drain()  # so that the newest predictions have a model too
        found = self.given.newest(rows, model)
        if model and not found:
            self._backends.store.versions(model)  # raises where there is no such model
        return found

    def draw(self, model: str, rows: int | None = None, since: float = 0.0) -> list[ReviewRow]:
        """The next predictions to review, decrypted: mostly of the least certain, all with a known chance.

        `rows` is by default what the last refusal of the gate asks for, else 50.
        """
        from argosy.feedback.review_exchange import draw

        return draw(self._backends, model, rows, since)

    def reviews_wanted(self, model: str) -> int | None:
        """How many more reviews would probably decide, where the gate refused the last challenger for want of them."""
        from argosy.feedback.review_exchange import reviews_wanted

        return reviews_wanted(self._backends, model)

    def review(
        self,
        model: str,
        path: str | PathLike[str],
        rows: int | None = None,
        since: float = 0.0,
        report_progress: Progress = lambda _: None,
    ) -> int:
        """Write what `draw` gives as a CSV to correct, for its owner's eyes; how many rows.

        Raises FeedbackInvalid where the file exists: it may hold corrections; PathInvalid where its name says no CSV.
        """
        from argosy.feedback.review_exchange import write_reviews

        return write_reviews(self._backends, model, Path(path), rows, since, report_progress)

    def import_file(self, path: str | PathLike[str], source: str = DEFAULT_SOURCE) -> tuple[Returned, int]:
        """Take a corrected CSV, all or nothing: what it said, and how many corrections were new."""
        from argosy.feedback.review_exchange import take_reviews

        return take_reviews(self._backends, Path(path), source)

    def labels(self, model: str = "") -> set[str]:
        """Every label in the collections that a model learned from, or in all of them; those in lists one by one."""
        from argosy.feedback.review_exchange import known_labels

        return known_labels(self._backends, model)
