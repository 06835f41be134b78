"""The store as a source's catalogue: which of its versions a project wants served."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from argosy.serving.aspired_versions import AspiredVersions, ServedVersions, select_versions
from argosy.serving.servable import ArtifactReference
from argosy.store.store import Store
from argosy.store.trained import Version


class StoreCatalogue:
    """`wanted` names the models to serve and how; empty: all of them. Every commit to the database may be news.

    Any thread may replace `wanted`; it counts from the next reading on.
    """

    def __init__(self, store: Store, wanted: Mapping[str, ServedVersions]) -> None:
        self._store, self.wanted = store, wanted
        self._known: list[AspiredVersions] = []
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> Sequence[AspiredVersions]:
        """What should be served; versions are read only where one was added, or an alias or decisions changed."""
        changes = self._store.count_changes()  # before they are read: what comes in between is read the next time
        if changes != self._seen:
            self._known = offers(self._store.all_versions())
            self._seen = changes
        return _wanted_of(self._known, self.wanted)

    def wait(self, seconds: float) -> bool:
        """Wait until somebody may have committed to the database, for that long at most."""
        return self._store.database.wait_for_change(seconds)


class PolledCatalogue:
    """The same of a store that has no news: one that another machine offers."""

    def __init__(self, all_versions: Callable[[], Sequence[Version]], wanted: Mapping[str, ServedVersions]) -> None:
        self._all_versions, self.wanted = all_versions, wanted

    def read(self) -> Sequence[AspiredVersions]:
        return _wanted_of(offers(self._all_versions()), self.wanted)

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return False


def _wanted_of(offered: Sequence[AspiredVersions], wanted: Mapping[str, ServedVersions]) -> list[AspiredVersions]:
    return [
        select_versions(one, wanted.get(one.model, ServedVersions()))
        for one in offered
        if not wanted or one.model in wanted
    ]


def offers(versions: Sequence[Version]) -> list[AspiredVersions]:
    """A store's versions, by model. Pure."""
    by_model: dict[str, list[Version]] = {}
    for version in versions:
        by_model.setdefault(version.model, []).append(version)
    return [
        AspiredVersions(
            model,
            {one.number: ArtifactReference(one.label, one.artifact, one.reference, one.decisions) for one in of_model},
            {alias: one.number for one in of_model for alias in one.aliases},
        )
        for model, of_model in sorted(by_model.items())
    ]
