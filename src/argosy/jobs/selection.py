"""The version that a reference means: by number or alias, by its place on the leaderboard, or by a result's label."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.errors import VersionNotFound
from argosy.jobs.submission import Plans
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.store.aliases import BEST, CHAMPION, PROPOSED, RESERVED
from argosy.store.store import Store
from argosy.store.trained import LeaderboardRow, Trained, Version, learned_nothing
from argosy.types import Part

_WANTED = {BEST: "was measured on a validation part", PROPOSED: "is proposed, as the leaderboard says"}


def resolve_version(plans: Plans, reference: str) -> Version:
    """The version that a reference means; raises ModelNotFound, VersionNotFound.

    A place on the leaderboard is one among the versions that were measured on the champion's collection, since figures
    on other examples do not compare. Without a champion they must all be of one collection.
    """
    model, _, wanted = reference.partition("@")
    if wanted not in RESERVED:
        return plans.store.stored_version(reference)
    versions = plans.store.versions(model)
    champion = next((plans.store.trained(one.label) for one in versions if CHAMPION in one.aliases), None)
    for row in _of_one_collection(plans, model, champion):
        mine = _own(row, model)
        if mine and (row.proposed or wanted == BEST):
            return mine
    raise VersionNotFound(f"nothing of '{model}' {_WANTED[wanted]}: name a number")


def without_champion(store: Store) -> list[str]:
    """The models that no version of is the champion."""
    return [name for name in store.models() if not any(CHAMPION in one.aliases for one in store.versions(name))]


def missing_champions(plans: Plans) -> list[str]:
    """For each model without one, who answers in its place and what to do."""
    return [
        f"{model} has no champion: who names no version is answered by the newest; {champion_advice(plans, model)}"
        for model in without_champion(plans.store)
    ]


def champion_advice(plans: Plans, model: str) -> str:
    """What to do about a model without a champion: promote its best, or where that is of no use the proposed one."""
    try:
        nothing = learned_nothing(trained_of(plans, f"{model}@{BEST}"))
    except VersionNotFound:
        return f"argosy models promote {model}@NUMBER"
    if not nothing:
        return f"argosy models promote {model}@{BEST}"
    try:
        resolve_version(plans, f"{model}@{PROPOSED}")
    except VersionNotFound:
        return f"{model}@{BEST} {nothing}"
    return f"{model}@{BEST} {nothing}: argosy models promote {model}@{PROPOSED}"


def trained_of(plans: Plans, reference: str) -> Trained:
    """The result of a label, else of the version that is meant."""
    try:
        return plans.store.trained(reference)
    except VersionNotFound:
        return plans.store.trained(resolve_version(plans, reference).label)


def decisions_meant(plans: Plans, reference: str) -> Decisions:
    """What is made of the answers of the version that is meant; of a label, those of its only version, if that it has.

    Raises ModelNotFound, VersionNotFound.
    """
    label = trained_of(plans, reference).label
    versions = plans.store.versions_of(label) if reference == label else [resolve_version(plans, reference)]
    return versions[0].decisions if len(versions) == 1 else NO_DECISIONS


def _of_one_collection(plans: Plans, model: str, champion: Trained | None) -> Sequence[LeaderboardRow]:
    """The leaderboard's rows that have a version of the model and compare with its champion, best first."""
    from argosy.datasets.frozen import collections_of  # numpy, which naming a version by number does without

    rows = [row for row in plans.leaderboard(model) if _own(row, model)]
    digests = {row.trained.dataset_digest for row in rows}
    with plans.queue.database.read() as transaction:
        collections = {one: collections_of(transaction, [one]) for one in digests}
        champions = collections_of(transaction, [champion.dataset_digest] if champion else [])
    there = set[str]().union(*collections.values())
    if len(there) > 1 and not champion:
        names = " and ".join(f"'{name}'" for name in sorted(there))
        raise VersionNotFound(
            f"versions of '{model}' were measured on {names}, where figures do not compare: name a number"
        )
    return [row for row in rows if not champion or collections[row.trained.dataset_digest] == champions]


def _own(row: LeaderboardRow, model: str) -> Version | None:
    """The model's version on that row, if it was measured and is not marked."""
    mine = (one for one in row.versions if one.model == model and not one.mark)
    return next(mine, None) if row.trained.metrics.get(Part.VALIDATION.value) else None
