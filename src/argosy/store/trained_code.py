"""Whether users' plug-ins are here as they were when a result was trained: with other code it may answer otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from argosy.definitions.ensemble import member_labels
from argosy.errors import PluginCodeChanged, PluginNotFound, RowUnreadable
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.registry import PrivatePlugins, Registry, private_plugins
from argosy.store.kept_code import kept_code_of, not_kept
from argosy.store.kept_modules import import_kept
from argosy.store.store import UNREADABLE, Store
from argosy.store.trained import Trained

_REGISTRIES: Final[Mapping[str, Registry[Any]]] = {"adapter": adapters, "model": estimators}
"""Of what answers: the code of a dataset has done its work."""


def changed_plugins(trained: Trained, find: Callable[[str], Trained]) -> list[str]:
    """The users' adapters and models, as `model.mine`, whose code here is not what a result was trained with.

    Those of an ensemble's members count; `find` gives a label's result. A plug-in that is not here at all is one too.
    Raises RowUnreadable, VersionNotFound.
    """
    return sorted({name for one in _with_members(trained, find) for name in _changed(one)})


def _members(trained: Trained) -> list[str]:
    try:
        return list(member_labels(trained.definition))
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"it has no such definition as a result has ({type(error).__name__})"
        raise RowUnreadable("trained", trained.label, problem, UNREADABLE) from None


@contextmanager
def stored_code(store: Store, label: str) -> Iterator[None]:
    """Within the block plug-ins are those that a result was trained with, wherever today's are others.

    Raises CodeNotKept, PluginFailed, PluginCodeChanged where members were trained with two states of one plug-in.
    """
    results = list(_with_members(store.trained(label), store.trained))
    _check_one_state(label, results)
    found: PrivatePlugins = {}
    for one in results:
        if _changed(one):
            code = kept_code_of(store, one.label)
            if code is None:
                raise not_kept(one.label)
            found |= import_kept(code)
    with private_plugins(found):
        yield


def _with_members(trained: Trained, find: Callable[[str], Trained]) -> Iterator[Trained]:
    yield trained
    for label in _members(trained):
        yield from _with_members(find(label), find)


def _check_one_state(label: str, results: Iterable[Trained]) -> None:
    digests: dict[str, str] = {}
    for one in results:
        for name, digest in one.environment.get("plugins", {}).items():
            if name.partition(".")[0] in _REGISTRIES and digests.setdefault(name, digest) != digest:
                problem = f"{label} answers by members that were trained with two states of {name}"
                raise PluginCodeChanged(f"{problem}: their stored code cannot answer together")


def _changed(trained: Trained) -> set[str]:
    recorded: Mapping[str, str] = trained.environment.get("plugins", {})
    return {name for name, digest in recorded.items() if _is_changed(name, digest)}


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
