"""What the manager should do next about one model: at most one action. Pure, without a clock of its own.

A version is loaded before another is unloaded, so that no moment passes without one that can answer. A version that
an alias still routes to is not unloaded, even when nothing aspires to it any more: its successor may have failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from argosy.serving.servable import ServableState

RETRY_SECONDS = 5.0
RETRY_SECONDS_MAX = 300.0


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


def next_action(versions: Iterable[VersionSnapshot], now: float) -> VersionAction | None:
    """The most useful thing to do, or nothing."""
    versions = list(versions)
    loadable = [one for one in versions if one.is_aspired and _may_load(one, now)]
    if loadable:
        return VersionAction(ActionKind.LOAD, max(loadable, key=lambda one: (one.is_aliased, one.version)).version)
    superfluous = [
        one
        for one in versions
        if not one.is_aspired
        and not one.is_routed
        and one.state in (ServableState.START, ServableState.AVAILABLE, ServableState.FAILED)
    ]
    return VersionAction(ActionKind.UNLOAD, min(one.version for one in superfluous)) if superfluous else None


def retry_delay(attempts: int) -> float:
    """Seconds to wait after that many failed attempts to load."""
    return float(min(RETRY_SECONDS * 2 ** max(attempts - 1, 0), RETRY_SECONDS_MAX))


def _may_load(one: VersionSnapshot, now: float) -> bool:
    return one.state is ServableState.START or (one.state is ServableState.FAILED and now >= one.retry_at)
