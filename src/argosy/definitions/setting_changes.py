"""What differs between two readings of a project's settings, one line a setting. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from argosy.definitions.project import Settings
from argosy.definitions.service import Service, service_texts
from argosy.typed_values import shown


@dataclass(frozen=True)
class SettingChange:
    """`old` and `new` as JSON has them; None where the setting is not given."""

    setting: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.setting}: {_words(self.old)} → {_words(self.new)}"


def setting_changes(old: Settings, new: Settings) -> list[SettingChange]:
    """Every setting whose value is another one, by name. What is there on one side only is one change as a whole."""
    return list(_changes("", msgspec.to_builtins(old), msgspec.to_builtins(new)))


def service_changes(old: Mapping[str, Service], new: Mapping[str, Service]) -> list[SettingChange]:
    """Every key of a service's definition that is another one, as `services.NAME.KEY`; a new service as a whole."""
    texts, found = (service_texts(old), service_texts(new)), []
    for name in sorted({*old, *new}):
        if texts[0].get(name) != texts[1].get(name):
            path, *values = f"services.{name}", *(each[name].written if name in each else None for each in (old, new))
            # no key has another value where only their order is another
            found += [*_changes(path, *values)] or [SettingChange(path, *values)]
    return found


def _changes(path: str, old: Any, new: Any) -> Iterator[SettingChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}, key=str):
            yield from _changes(f"{path}.{name}" if path else str(name), old.get(name), new.get(name))
    elif old != new:
        yield SettingChange(path, _given(old), _given(new))


def _given(value: Any) -> Any:
    """Without what was left out."""
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, Mapping) else value


def _words(value: Any) -> str:
    return "not set" if value is None else shown(value)
