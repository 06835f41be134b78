"""Which versions should be served, and where requests without a version number go. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from argosy.serving.servable import ArtifactReference

DEFAULT_ALIAS = "champion"


@dataclass(frozen=True)
class AspiredVersions:
    """What a source wants of one model: versions by number, and the aliases that point among them."""

    model: str
    versions: Mapping[int, ArtifactReference]
    aliases: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ServedVersions:
    """What a project wants served of a model; with none of the three, every version with an alias, else the newest."""

    versions: tuple[int, ...] | None = None
    aliases: tuple[str, ...] | None = None
    latest: int | None = None


def select_versions(offered: AspiredVersions, wanted_versions: ServedVersions) -> AspiredVersions:
    """The part of what a store offers that should be served."""
    aliases = {
        alias: number
        for alias, number in offered.aliases.items()
        if number in offered.versions and (wanted_versions.aliases is None or alias in wanted_versions.aliases)
    }
    wanted = set(aliases.values())
    if wanted_versions.versions is not None:
        wanted |= set(wanted_versions.versions)
    if wanted_versions.latest is not None:
        wanted |= set(sorted(offered.versions)[-wanted_versions.latest :] if wanted_versions.latest > 0 else ())
    if wanted_versions == ServedVersions() and not wanted and offered.versions:
        wanted = {max(offered.versions)}
    chosen = {number: reference for number, reference in offered.versions.items() if number in wanted}
    return AspiredVersions(offered.model, chosen, aliases)


def routed_aliases(aspired: Mapping[str, int], routed: Mapping[str, int], available: Collection[int]) -> dict[str, int]:
    """Where each alias leads now: where it should once that is available, until then where it led before.

    A new alias leads to its version at once, available or not: the answer to a request says that it is loading.
    """
    return {
        alias: number if number in available or routed.get(alias) not in available else routed[alias]
        for alias, number in aspired.items()
    }


def default_version(aliases: Mapping[str, int], aspired: Collection[int], available: Collection[int]) -> int | None:
    """Where a request without version or alias goes: the champion, else the newest of those that can answer."""
    if aliases.get(DEFAULT_ALIAS) in available:
        return aliases[DEFAULT_ALIAS]
    wanted = set(aspired) & set(available)
    return max(wanted or available, default=None)
