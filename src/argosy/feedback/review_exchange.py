"""Reviews by an analyst: which predictions are given, as rows or as a file, and taking back what is said of them."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Final

from argosy.backends import Backends
from argosy.datasets.lines import open_file, read_lines, record_limit
from argosy.errors import ExamplesInvalid, FeedbackInvalid, PredictionNotFound
from argosy.feedback import review_files
from argosy.feedback.differing import differing
from argosy.feedback.requests import Retrainings
from argosy.feedback.review_files import Returned, ReviewRow
from argosy.feedback.reviewing import DEFAULT_SOURCE, Reviews
from argosy.paths import check_suffix, private_text
from argosy.predictions.log import EVER
from argosy.types import Progress

REVIEW_ROWS: Final = 50
MOST_ROWS: Final = 5_000


def draw(
    backends: Backends,
    model: str,
    rows: int | None = None,
    since: float = 0.0,
    report_progress: Progress = lambda _: None,
) -> list[ReviewRow]:
    """The next predictions to review, decrypted; by default as many as the last refusal of the gate asks for."""
    reviews = Reviews.of(backends)
    asked = rows or reviews_wanted(backends, model) or REVIEW_ROWS
    try:
        candidates = reviews.candidates(model, asked, since, EVER, report_progress)
    except PredictionNotFound:
        backends.store.versions(model)  # raises where there is no such model
        raise
    pool, differ = differing(backends, model, candidates, asked)
    return reviews.draw(pool, asked, differ)


def reviews_wanted(backends: Backends, model: str) -> int | None:
    """How many more reviews would probably decide, where the gate refused the last challenger for want of them."""
    judged = Retrainings.of(backends).judgements(model)
    if not judged or judged[-1].verdict.promote or not judged[-1].verdict.more_reviews:
        return None
    backends.prediction_log.drain()
    given = backends.feedback_log.of_model(model)
    since = sum(one.measures and one.given_at > judged[-1].judged_at for one in given)
    return min(max(judged[-1].verdict.more_reviews - since, 0), MOST_ROWS) or None


def write_reviews(
    backends: Backends,
    model: str,
    path: Path,
    rows: int | None = None,
    since: float = 0.0,
    report_progress: Progress = lambda _: None,
) -> int:
    """Write what `draw` gives as a CSV to correct, for its owner's eyes; how many rows.

    Raises FeedbackInvalid where the file exists: it may hold corrections; PathInvalid where its name says no CSV.
    """
    check_suffix(path, (".csv", ""))
    if path.exists():
        raise FeedbackInvalid(f"{path} exists, and may hold corrections: import or move it, or name another file")
    drawn = draw(backends, model, rows, since, report_progress)
    with private_text(path) as file:
        return review_files.write_review(drawn, file)


def take_reviews(backends: Backends, path: Path, source: str = DEFAULT_SOURCE) -> tuple[Returned, int]:
    """Take a corrected CSV, all or nothing: what it said, and how many corrections were new."""
    backends.prediction_log.drain()
    reviews, limit = Reviews.of(backends), record_limit(backends.settings.limits.text_bytes)
    try:
        with open_file(path) as file:
            lines = read_lines(file, limit, str(path))
            returned = review_files.read_corrections(
                lines, limit, reviews.logged, lambda model: known_labels(backends, model)
            )
    except ExamplesInvalid as problem:
        raise FeedbackInvalid(str(problem)) from None
    except (OSError, EOFError, zlib.error) as error:
        raise FeedbackInvalid(f"{path} cannot be read: {error}") from None
    return returned, reviews.take(returned.corrections, source)


def known_labels(backends: Backends, model: str = "") -> set[str]:
    """Every label in the collections that a model learned from, or in all of them; those in lists one by one."""
    from argosy.datasets.frozen import collections_of  # numpy, which other commands do without

    if not model:
        return backends.examples.labels()
    with backends.database.read() as transaction:
        collections = collections_of(transaction, backends.store.digests(transaction, model))
    return backends.examples.labels(collections)
