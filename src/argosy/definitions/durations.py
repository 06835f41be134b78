"""Durations as people write them: `90d`, `12h`, `30s`, `50ms`. Pure."""

from __future__ import annotations

import re
from typing import Final

from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_WRITTEN = re.compile(r"([1-9][0-9]{0,5}) ?(ms|[smhdw])")


def parse_duration(text: str, path: str) -> float:
    """Seconds; raises DefinitionInvalid at `path`."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise DefinitionInvalid(
            f"{shown(text)} is no duration: write weeks, days, hours, minutes, seconds or ms, such as 90d or 12h", path
        )
    return int(found[1]) * UNITS[found[2]]
