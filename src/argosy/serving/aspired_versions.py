"""Which versions should be served, and where requests without a version number go. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from argosy.definitions.served_models import ModelSettings, ShareSettings, Transition
from argosy.serving.servable import ArtifactReference

DEFAULT_ALIAS = "champion"
T = TypeVar("T")


@dataclass(frozen=True)
class AspiredVersions:
    """What a source wants of one model: versions by number, and the aliases that point among them."""

    model: str
    versions: Mapping[int, ArtifactReference]
    aliases: Mapping[str, int] = field(default_factory=dict)
    transition: Transition = "availability-preserving"
    canary: ShareSettings | None = None
    shadow: ShareSettings | None = None


@dataclass(frozen=True)
class ServedVersions:
    """What a project wants served of a model, and how.

    With none of the first four, every version with an alias, else the newest.
    """

    versions: tuple[int, ...] | None = None
    aliases: tuple[str, ...] | None = None
    latest: int | None = None
    is_all: bool = False
    transition: Transition = "availability-preserving"
    canary: ShareSettings | None = None
    shadow: ShareSettings | None = None

    @property
    def names_nothing(self) -> bool:
        return self.versions is None and self.aliases is None and self.latest is None and not self.is_all

    @property
    def wanted_aliases(self) -> frozenset[str] | None:
        """None: all of them."""
        if self.aliases is None:
            return None
        return frozenset(self.aliases) | {one.alias for one in (self.canary, self.shadow) if one is not None}


def served_versions(models: Mapping[str, ModelSettings]) -> dict[str, ServedVersions]:
    """The same as a project's settings say it."""
    return {
        model: ServedVersions(
            _tuple(one.versions),
            _tuple(one.aliases),
            one.latest,
            one.versions == "all",
            one.transition,
            one.canary,
            one.shadow,
        )
        for model, one in models.items()
    }


def select_versions(offered: AspiredVersions, wanted_versions: ServedVersions) -> AspiredVersions:
    """The part of what a store offers that should be served."""
    names = wanted_versions.wanted_aliases
    aliases = {
        alias: number
        for alias, number in offered.aliases.items()
        if number in offered.versions and (names is None or alias in names)
    }
    wanted = set(aliases.values())
    if wanted_versions.is_all:
        wanted |= set(offered.versions)
    if wanted_versions.versions is not None:
        wanted |= set(wanted_versions.versions)
    if wanted_versions.latest is not None:
        wanted |= set(sorted(offered.versions)[-wanted_versions.latest :] if wanted_versions.latest > 0 else ())
    if wanted_versions.names_nothing and not wanted and offered.versions:
        wanted = {max(offered.versions)}
    return AspiredVersions(
        offered.model,
        {number: reference for number, reference in offered.versions.items() if number in wanted},
        aliases,
        wanted_versions.transition,
        wanted_versions.canary,
        wanted_versions.shadow,
    )


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


def _tuple(values: str | list[T] | None) -> tuple[T, ...] | None:
    return tuple(values) if isinstance(values, list) else None
