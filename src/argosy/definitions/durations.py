"""Durations as people write them: `90d`, `12h`, `30s`, `50ms`. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_WRITTEN = re.compile(r"([1-9][0-9]{0,5}) ?(ms|[smhdw])")
Duration: TypeAlias = Annotated[
    str, Meta(pattern=rf"^\s*{_WRITTEN.pattern}\s*$", title="a duration such as 90d or 12h")
]
"""In settings."""
OptionalDuration: TypeAlias = Annotated[
    str, Meta(pattern=rf"^(\s*{_WRITTEN.pattern}\s*)?$", title="a duration such as 90d or 12h")
]


def parse_duration(given: Any, path: str) -> float:
    """Seconds; raises DefinitionInvalid at `path`."""
    found = _WRITTEN.fullmatch(given.strip()) if isinstance(given, str) else None
    if not found:
        raise DefinitionInvalid(
            f"{shown(given)} is no duration: write weeks, days, hours, minutes, seconds or ms, such as 90d or 12h", path
        )
    return int(found[1]) * UNITS[found[2]]


def duration_text(seconds: float) -> str:
    """As people write it, in the largest unit up to days of which it is a whole number: `7d`, `90m`."""
    for unit, size in sorted(UNITS.items(), key=lambda one: -one[1])[1:]:
        count = round(seconds / size)
        if count >= 1 and abs(count * size - seconds) < UNITS["ms"] / 2:
            return f"{count}{unit}"
    return f"{seconds:g}s"
