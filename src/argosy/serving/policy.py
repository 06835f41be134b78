"""What the manager should do next about one model: at most one action. Pure, without a clock of its own.

A model's transition says in which order its versions change:

- availability-preserving: a version is loaded before another is unloaded, so that no moment passes without one that can
  answer. A version that an alias still routes to is not unloaded, even when nothing aspires to it any more: its
  successor may have failed.
- resource-preserving: a version is loaded only while every version in memory is wanted, so that there are never more in
  memory than wanted. Between the two nothing answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from argosy.definitions.served_models import RESOURCE_PRESERVING, Transition
from argosy.serving.servable import ServableState

RETRY_SECONDS = 5.0
RETRY_SECONDS_MAX = 300.0
_UNLOADABLE = (ServableState.START, ServableState.AVAILABLE, ServableState.FAILED)
_ENDING = (ServableState.LOADING, ServableState.UNLOADING)


class ActionKind(Enum):
    LOAD = "load"
    UNLOAD = "unload"


@dataclass(frozen=True)
class VersionAction:
    verb: ActionKind
    version: int


@dataclass(frozen=True)
class VersionSnapshot:
    """One version. `is_aliased`: an alias should lead to it; `is_routed`: an alias or the default leads to it now."""

    version: int
    state: ServableState
    is_aspired: bool
    is_aliased: bool = False
    is_routed: bool = False
    retry_at: float = 0.0
    is_waiting: bool = False
    """For memory: it is not to be loaded now."""


def next_action(
    versions: Iterable[VersionSnapshot], now: float, transition: Transition = "availability-preserving"
) -> VersionAction | None:
    """The most useful thing to do, or nothing."""
    versions = list(versions)
    if transition == RESOURCE_PRESERVING:
        leaving = [one for one in versions if not one.is_aspired]
        if any(one.state in _ENDING for one in leaving):
            return _first_unload(leaving)
        return _first_unload(leaving) or _first_load(versions, now)
    return _first_load(versions, now) or _first_unload(
        [one for one in versions if not one.is_aspired and not one.is_routed]
    )


def _first_load(versions: Iterable[VersionSnapshot], now: float) -> VersionAction | None:
    """Of a version with an alias before one without, of a newer before an older one."""
    loadable = [one for one in versions if one.is_aspired and _may_load(one, now)]
    if not loadable:
        return None
    return VersionAction(ActionKind.LOAD, max(loadable, key=lambda one: (one.is_aliased, one.version)).version)


def _first_unload(superfluous: Iterable[VersionSnapshot]) -> VersionAction | None:
    numbers = [one.version for one in superfluous if one.state in _UNLOADABLE]
    return VersionAction(ActionKind.UNLOAD, min(numbers)) if numbers else None


def retry_delay(attempts: int) -> float:
    """Seconds to wait after that many failed attempts to load."""
    return float(min(RETRY_SECONDS * 2 ** max(attempts - 1, 0), RETRY_SECONDS_MAX))


def _may_load(one: VersionSnapshot, now: float) -> bool:
    is_due = one.state is ServableState.START or (one.state is ServableState.FAILED and now >= one.retry_at)
    return is_due and not one.is_waiting
