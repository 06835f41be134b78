"""Which version is meant: by number or alias, by its place on the leaderboard, or by a result's label."""

from __future__ import annotations

from argosy.errors import VersionNotFound
from argosy.jobs.submission import Plans
from argosy.store.aliases import BEST, PROPOSED, RESERVED
from argosy.store.trained import Trained, Version, learned_nothing
from argosy.types import Part

_WANTED = {BEST: "was measured on a validation part", PROPOSED: "is proposed, as the leaderboard says"}


def resolve_version(plans: Plans, reference: str) -> Version:
    """The version that a reference means; raises ModelNotFound, VersionNotFound."""
    model, _, wanted = reference.partition("@")
    if wanted not in RESERVED:
        return plans.store.stored_version(reference)
    plans.store.versions(model)
    for row in plans.leaderboard(model):
        mine = next((version for version in row.versions if version.model == model and not version.mark), None)
        is_measured = bool(row.trained.metrics.get(Part.VALIDATION.value))
        if mine and is_measured and (row.proposed or wanted == BEST):
            return mine
    raise VersionNotFound(f"nothing of '{model}' {_WANTED[wanted]}: name a number")


def champion_advice(plans: Plans, model: str) -> str:
    """What to do about a model without a champion: promote its best, unless that is of no use."""
    try:
        nothing = learned_nothing(trained_of(plans, f"{model}@{BEST}"))
    except VersionNotFound:
        return f"argosy models promote {model}@NUMBER"
    return f"{model}@{BEST} {nothing}" if nothing else f"argosy models promote {model}@{BEST}"


def trained_of(plans: Plans, reference: str) -> Trained:
    """The result of a label, else of the version that is meant."""
    try:
        return plans.store.trained(reference)
    except VersionNotFound:
        return plans.store.trained(resolve_version(plans, reference).label)
