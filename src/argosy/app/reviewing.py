"""Which live answers another version of the model gives otherwise: there a review tells the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from argosy.app.apart import Progress, apart
from argosy.errors import ArgosyError
from argosy.predictions.log import Reviewable
from argosy.store.aliases import CHAMPION
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.store.trained import Version

ASKED_SECONDS = 20.0
"""How long the other version may take, by what it was measured to take for one input."""
ASKED_ROWS = 5_000
_PAGE = 500
_log = logger("argosy.feedback")


def differing(project: Project, model: str, candidates: Sequence[Reviewable]) -> set[str]:
    """The ids, among the newest, whose answer is not that of the newest version beside the champion.

    Empty where there is no such version, or where it cannot answer: then certainty alone says what to review.
    """
    other = _beside_the_champion(project, model)
    if other is None:
        return set()
    takes = max(project.store.trained(other.label).predict_us / 1e6, 1e-6)
    rows = min(ASKED_ROWS, int(ASKED_SECONDS / takes))
    newest = sorted((one.prediction_id for one in candidates if not one.is_measured), reverse=True)[:rows]
    try:
        return set(apart(project, "answer_otherwise", {"label": other.label, "ids": newest}))
    except ArgosyError as error:
        _log.warning("%s cannot be asked which answers it would give otherwise: %s", other.reference, error)
        return set()


def answer_otherwise(project: Project, request: Mapping[str, Any], report_progress: Progress) -> list[str]:  # noqa: ARG001
    """In the child: those of the predictions that the version of that label would answer otherwise."""
    from argosy.label_sets import agrees
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.inputs import NO_LIMIT

    project.registries  # noqa: B018  # a user's own plug-ins must be known before their state is read
    model = AdaptedModel.load(project.artifacts.fetch(project.store.trained(request["label"]).artifact))
    ids, found = request["ids"], []
    for at in range(0, len(ids), _PAGE):
        page = project.feedback.log.get_many(ids[at : at + _PAGE])
        answers = model.classify([one.input for one in page], NO_LIMIT)
        found += [one.id for one, answer in zip(page, answers, strict=True) if not agrees(answer, one.answer)]
    return found


def _beside_the_champion(project: Project, model: str) -> Version | None:
    """The newest version that is neither the champion nor marked."""
    versions = [one for one in project.store.versions(model) if CHAMPION not in one.aliases and not one.mark]
    return versions[-1] if versions else None
