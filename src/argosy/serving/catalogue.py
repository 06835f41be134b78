"""The store as a source's catalogue: which of its versions a project wants served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from argosy.serving.aspired_versions import AspiredVersions, ServedVersions, select_versions
from argosy.serving.servable import ArtifactReference
from argosy.store.store import Store
from argosy.store.trained import Version


def of_store(store: Store, wanted: Mapping[str, ServedVersions]) -> Callable[[], Sequence[AspiredVersions]]:
    """A catalogue that reads the store again whenever somebody committed to it.

    `wanted` names the models to serve and how; empty, every registered model is served.
    """
    known: list[AspiredVersions] = []
    is_known = False

    def catalogue() -> Sequence[AspiredVersions]:
        nonlocal is_known
        if store.database.wait_for_change(0.0) or not is_known:
            is_known = False  # until it was read: a read that fails is tried again
            known[:] = [
                select_versions(offered, wanted.get(offered.model, ServedVersions()))
                for offered in offers(store.all_versions())
                if not wanted or offered.model in wanted
            ]
            is_known = True
        return list(known)

    return catalogue


def offers(versions: Sequence[Version]) -> list[AspiredVersions]:
    """A store's versions, by model. Pure."""
    by_model: dict[str, list[Version]] = {}
    for version in versions:
        by_model.setdefault(version.model, []).append(version)
    return [
        AspiredVersions(
            model,
            {one.number: ArtifactReference(one.label, one.artifact, one.reference) for one in of_model},
            {alias: one.number for one in of_model for alias in one.aliases},
        )
        for model, of_model in sorted(by_model.items())
    ]
