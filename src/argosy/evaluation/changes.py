"""What is different between two results: their definitions, their surroundings, their plug-ins' code. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from argosy.definitions import Registries, plugins_of
from argosy.store.trained import Trained

PLAIN: Final = ("python", "implementation", "platform", "machine", "processor", "git_revision", "cores")
"""What an environment says in one value each."""


@dataclass(frozen=True)
class Changed:
    """Something of the surroundings that is not what it was."""

    what: str
    recorded: Any
    here: Any

    def __str__(self) -> str:
        return f"{self.what} was {_said(self.recorded)}, here it is {_said(self.here)}"


def changes(recorded: Mapping[str, Any], here: Mapping[str, Any]) -> list[Changed]:
    """The differences between two environments; what either never recorded cannot differ. Pure.

    Threads are left out, and so are the cores where threads were set: the one is restored, the other then unused.
    """
    found = []
    for name, singular in (("packages", "package"), ("plugins", "code of the plug-in")):
        before, now = recorded.get(name, {}), here.get(name, {})
        found += [(f"{singular} {one}", before.get(one), now.get(one)) for one in sorted(before.keys() | now.keys())]
    names = [name for name in PLAIN if name in recorded and name in here]
    if all(recorded.get("threads", {}).values()):
        names = [name for name in names if name != "cores"]
    found += [(name.replace("_", " "), recorded[name], here[name]) for name in names]
    return [Changed(*one) for one in found if one[1] != one[2]]


def definition_changes(first: Any, second: Any, path: str = "") -> list[Changed]:
    """The options that differ, each with its path such as `model.options.C`. Pure."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        names = [*first, *(name for name in second if name not in first)]
        inner = [(f"{path}.{name}" if path else name, first.get(name), second.get(name)) for name in names]
        return [change for name, one, other in inner for change in definition_changes(one, other, name)]
    return [Changed(path, first, second)] if first != second else []


def plugin_digests(definition: Mapping[str, Any], registries: Registries) -> dict[str, str]:
    """The code of the user's plug-ins that a stored definition names, as it is now; missing ones are left out."""
    return {name: plugin.code_digest for name, plugin in plugins_of(definition, registries).items()}


def _said(value: Any) -> str:
    if value is None:
        return "absent"
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text


def plugins_changed(trained: Trained, registries: Registries) -> list[str]:
    """The user's plug-ins whose code here is not what the version was trained with, as `model.mine`."""
    here = plugin_digests(trained.definition, registries)
    recorded: dict[str, str] = trained.environment.get("plugins", {})
    return sorted(name for name, digest in recorded.items() if here.get(name) != digest)
