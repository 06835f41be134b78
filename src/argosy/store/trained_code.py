"""Whether users' plug-ins are here as they were when a result was trained: with other code it may answer otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from argosy.definitions.ensemble import member_labels
from argosy.errors import PluginNotFound, RowUnreadable
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.registry import Registry
from argosy.store.store import UNREADABLE
from argosy.store.trained import Trained

_REGISTRIES: Final[Mapping[str, Registry[Any]]] = {"adapter": adapters, "model": estimators}
"""Of what answers: the code of a dataset has done its work."""


def changed_plugins(trained: Trained, find: Callable[[str], Trained]) -> list[str]:
    """The users' adapters and models, as `model.mine`, whose code here is not what a result was trained with.

    Those of an ensemble's members count; `find` gives a label's result. A plug-in that is not here at all is one too.
    Raises RowUnreadable, VersionNotFound.
    """
    recorded: Mapping[str, str] = trained.environment.get("plugins", {})
    changed = {name for name, digest in recorded.items() if _is_changed(name, digest)}
    for label in _members(trained):
        changed.update(changed_plugins(find(label), find))
    return sorted(changed)


def _members(trained: Trained) -> list[str]:
    try:
        return list(member_labels(trained.definition))
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"it has no such definition as a result has ({type(error).__name__})"
        raise RowUnreadable("trained", trained.label, problem, UNREADABLE) from None


def changed_code_message(reference: str, changed: list[str]) -> str:
    """What a warning or a refusal says of it."""
    return f"{reference} was trained with other code of {', '.join(changed)} than is here: it may answer otherwise"


def _is_changed(name: str, digest: str) -> bool:
    kind, _, plugin = name.partition(".")
    if kind not in _REGISTRIES:
        return False
    try:
        return _REGISTRIES[kind].get(plugin).code_digest != digest
    except PluginNotFound:
        return True
