"""Which version is meant: by number or alias, by its place on the leaderboard, or by a result's label."""

from __future__ import annotations

from argosy.errors import VersionNotFound
from argosy.jobs.submission import Plans
from argosy.store.aliases import BEST, RESERVED
from argosy.store.trained import Trained, Version
from argosy.types import Part


def resolve_version(plans: Plans, reference: str) -> Version:
    """The version that a reference means; raises ModelNotFound, VersionNotFound."""
    model, _, wanted = reference.partition("@")
    if wanted not in RESERVED:
        return plans.store.resolve(reference)
    plans.store.versions(model)
    for row in plans.leaderboard(model):
        mine = next((version for version in row.versions if version.model == model and not version.mark), None)
        is_measured = bool(row.trained.metrics.get(Part.VALIDATION.value))
        if mine and is_measured and (row.proposed or wanted == BEST):
            return mine
    raise VersionNotFound(f"nothing of '{model}' was measured on a validation part: name a number")


def trained_of(plans: Plans, reference: str) -> Trained:
    """The result of a label, else of the version that is meant."""
    try:
        return plans.store.trained(reference)
    except VersionNotFound:
        return plans.store.trained(resolve_version(plans, reference).label)
