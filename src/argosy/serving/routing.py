"""Which servable answers which request: an immutable table that the manager replaces as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from argosy.errors import ArgosyError, ModelNotFound, ModelNotReady, VersionNotFound, nearest
from argosy.serving.servable import Servable, ServableState
from argosy.serving.traffic import Diversion
from argosy.typed_values import abridged


@dataclass(frozen=True)
class ModelRouting:
    """One model: all its versions, whatever their state, and where aliases and the default lead."""

    versions: Mapping[int, Servable]
    aliases: Mapping[str, int] = field(default_factory=dict)
    default: int | None = None
    canary: Diversion | None = None
    """Of requests without a version, those that another version answers; it is available."""
    shadow: Diversion | None = None
    """Of requests without a version, those that another version answers too, unseen; it is available."""


@dataclass(frozen=True)
class RoutingTable:
    models: Mapping[str, ModelRouting] = field(default_factory=dict)
    is_read: bool = False
    """Whether it is known which models there are."""

    def model(self, name: str) -> ModelRouting:
        """Raises ModelNotFound, which lists those there are, or ModelNotReady before that is known."""
        if not self.is_read:
            raise ModelNotReady("the server has just started, and is reading which models there are: try again")
        if name not in self.models:
            there = ", ".join(sorted(self.models)) or "none yet"
            raise ModelNotFound(
                f"no model is called '{abridged(name)}'{nearest(name, self.models)}; served are: {there}"
            )
        return self.models[name]

    def find(self, name: str, version: int | str | None = None, about: str | None = None) -> Servable:
        """The servable for a version number, an alias, or None for the default, in whose place a canary may answer.

        `about` is what a canary's requests are drawn by (`traffic.about_of`); with None no canary answers.

        Raises ModelNotFound, VersionNotFound, or ModelNotReady where it exists and cannot answer yet.
        """
        model = self.model(name)
        number = _default(model, about) if version is None else _number(model, version)
        if number is None:
            raise _nowhere(name, version, model)
        servable = model.versions[number]
        if servable.state is not ServableState.AVAILABLE:
            raise ModelNotReady(f"version {number} of '{name}' {_state(servable)}{_failures(model)}")
        return servable


def _nowhere(name: str, version: int | str | None, model: ModelRouting) -> ArgosyError:
    if version is None:
        return ModelNotReady(f"no version of '{name}' is loaded yet{_failures(model)}")
    return VersionNotFound(f"'{name}' serves no version '{abridged(str(version))}'; it serves: {_served(model)}")


def _default(model: ModelRouting, about: str | None) -> int | None:
    canary = model.canary
    return model.default if canary is None or about is None or not canary.takes(about) else canary.version


def _number(model: ModelRouting, version: int | str) -> int | None:
    if isinstance(version, str) and version in model.aliases:
        return model.aliases[version]
    digits = str(version)
    number = int(digits) if digits.isdecimal() and len(digits) < 19 else 0
    return number if number in model.versions and not _is_leaving(model.versions[number]) else None


def _state(servable: Servable) -> str:
    if servable.state is ServableState.START and servable.error:
        return servable.error
    return f"is {servable.state.lower()}"


def _is_leaving(servable: Servable) -> bool:
    return servable.state in (ServableState.UNLOADING, ServableState.GONE)


def _served(model: ModelRouting) -> str:
    numbers = [str(number) for number in sorted(model.versions)]
    return ", ".join([*numbers, *sorted(model.aliases)]) or "none yet"


def _failures(model: ModelRouting) -> str:
    failed = [one for one in model.versions.values() if one.state is ServableState.FAILED]
    return "".join(f"; version {one.version} failed to load: {one.error}" for one in failed)
