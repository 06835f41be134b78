"""Which live answers another version of the model gives otherwise: a review of these is the most informative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from argosy.backends import Backends
from argosy.errors import ArgosyError
from argosy.predictions.review_pool import ReviewPool
from argosy.store.aliases import CHAMPION
from argosy.store.ranking import is_of_numbers
from argosy.subprocess_tasks import run_task
from argosy.telemetry import logger
from argosy.types import Progress

if TYPE_CHECKING:
    from argosy.store.trained import Version

ASKED_SECONDS = 20.0
"""How long the other version may take, by what it was measured to take for one input, unless more rows are wanted."""
_PAGE = 500
_log = logger("argosy.feedback")


def differing(backends: Backends, model: str, candidates: ReviewPool, rows: int) -> tuple[ReviewPool, set[str]]:
    """Those candidates that there is time to ask about, and the ids of them whose answer is not that of the newest
    version next to the champion.

    How many these are depends on the version and on `rows` alone, so that the chances stay known. All candidates, and
    none that differs, where there is no such version, or where it cannot answer: then certainty alone says what to
    review.
    """
    other = _newest_other(backends, model)
    if other is None:
        return candidates, set()
    if is_of_numbers(backends.store.trained(other.label)):  # two numbers are hardly ever the same
        return candidates, set()
    takes = max(backends.store.trained(other.label).predict_us / 1e6, 1e-6)
    asked = candidates.smallest(max(rows, int(ASKED_SECONDS / takes)))
    request = {"label": other.label, "ids": [one.prediction_id for one in asked.likely]}
    try:
        return asked, set(run_task(backends.root, "answer_otherwise", request))
    except ArgosyError as error:
        _log.warning("%s cannot be asked which answers it would give otherwise: %s", other.reference, error)
        return candidates, set()


def answer_otherwise(backends: Backends, request: Mapping[str, Any], report_progress: Progress) -> list[str]:  # noqa: ARG001
    """In the child: those of the predictions that the version of that label would answer otherwise."""
    from argosy.label_sets import agrees
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.inputs import NO_LIMIT

    backends.load_plugins()
    model = AdaptedModel.load(backends.artifacts.fetch(backends.store.trained(request["label"]).artifact))
    ids, found = request["ids"], []
    for at in range(0, len(ids), _PAGE):
        page = backends.prediction_log.get_many(ids[at : at + _PAGE])
        answers = model.classify([one.input for one in page], NO_LIMIT)
        found += [one.id for one, answer in zip(page, answers, strict=True) if not agrees(answer, one.answer)]
    return found


def _newest_other(backends: Backends, model: str) -> Version | None:
    """The newest version that is neither the champion nor marked."""
    versions = [one for one in backends.store.versions(model) if CHAMPION not in one.aliases and not one.mark]
    return versions[-1] if versions else None
