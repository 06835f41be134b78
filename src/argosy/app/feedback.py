"""The feedback of a project: outcomes, corrections, reviews."""

from __future__ import annotations

import zlib
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from argosy.datasets.examples import Examples
from argosy.datasets.lines import opened, read_lines, record_limit
from argosy.errors import ExamplesInvalid, FeedbackInvalid
from argosy.feedback import review_files
from argosy.feedback.corrections import Corrections
from argosy.feedback.differing import differing
from argosy.feedback.labels import ConflictRule
from argosy.feedback.review_files import Returned, ReviewRow
from argosy.feedback.reviewing import DEFAULT_SOURCE, Reviews
from argosy.paths import check_suffix, private_text
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.log import EVER, PredictionLog

if TYPE_CHECKING:
    from argosy.app.project import Project

REVIEW_ROWS = 50
MOST_ROWS = 5_000


class ProjectFeedback:
    """`project.feedback`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def log(self) -> PredictionLog:
        return PredictionLog(self._project.database, self._project.vault, self._project.spool)

    @cached_property
    def given(self) -> FeedbackLog:
        return FeedbackLog(self._project.database, self._project.vault)

    @cached_property
    def reviews(self) -> Reviews:
        return Reviews(self._project.database, self.log, self.given)

    @property
    def corrections(self) -> Corrections:
        """What turns feedback into examples; needs the keys of both."""
        project = self._project
        examples = Examples(project.database, project.vault, text_bytes=project.settings.limits.text_bytes)
        rule = ConflictRule.parse(project.settings.feedback_conflicts)
        return Corrections(project.database, self.log, self.given, examples, rule)

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
        """The feedback that was given last, the newest first, with the model and the answer of each prediction."""
        self.log.count()  # drains, so that the newest predictions have a model too
        return self.given.newest(rows, model)

    def draw(self, model: str, rows: int | None = None, since: float = 0.0) -> list[ReviewRow]:
        """The next predictions to review, decrypted: mostly of the least certain, all with a known chance.

        `rows` is by default what the last refusal of the gate asks for, else 50.
        """
        candidates = self.reviews.candidates(model, since, EVER)
        wanted = rows or self.wanted(model) or REVIEW_ROWS
        return self.reviews.draw(candidates, wanted, differing(self._project.backends, model, candidates))

    def wanted(self, model: str) -> int | None:
        """How many more reviews would probably decide, where the gate refused the last challenger for want of them."""
        from argosy.feedback.requests import Retrainings

        judged = Retrainings.of(self._project.backends).judgements(model)
        if not judged or judged[-1].verdict.promote or not judged[-1].verdict.more_reviews:
            return None
        self.log.drain()
        since = sum(one.measures and one.given_at > judged[-1].judged_at for one in self.given.of_model(model))
        return min(max(judged[-1].verdict.more_reviews - since, 0), MOST_ROWS) or None

    def review(self, model: str, path: str | PathLike[str], rows: int | None = None, since: float = 0.0) -> int:
        """Write what `draw` gives as a CSV to correct, for its owner's eyes; how many rows.

        Raises FeedbackInvalid where the file exists: it may hold corrections; PathInvalid where its name says no CSV.
        """
        check_suffix(Path(path), (".csv", ""))
        if Path(path).exists():
            raise FeedbackInvalid(f"{path} exists, and may hold corrections: import or move it, or name another file")
        drawn = self.draw(model, rows, since)
        with private_text(Path(path)) as file:
            return review_files.write(drawn, file)

    def import_file(self, path: str | PathLike[str], source: str = DEFAULT_SOURCE) -> tuple[Returned, int]:
        """Take a corrected CSV, all or nothing: what it said, and how many corrections were new."""
        self.log.drain()
        limit = record_limit(self._project.settings.limits.text_bytes)
        try:
            with opened(Path(path)) as file:
                lines = read_lines(file, limit, str(path))
                returned = review_files.read(lines, limit, self.reviews.logged, self.labels)
        except ExamplesInvalid as problem:
            raise FeedbackInvalid(str(problem)) from None
        except (OSError, EOFError, zlib.error) as error:
            raise FeedbackInvalid(f"{path} cannot be read: {error}") from None
        return returned, self.reviews.take(returned.corrections, source)

    def labels(self, model: str = "") -> set[str]:
        """Every label in the collections that a model learned from, or in all of them; those in lists one by one."""
        from argosy.datasets.frozen import collections_of  # numpy, which other commands do without

        if not model:
            return self._project.backends.examples.labels()
        with self._project.database.read() as transaction:
            digests = self._project.store.digests(transaction, model)
            collections = collections_of(transaction, digests)
        return self._project.backends.examples.labels(collections)
