"""Durations as people write them: `90d`, `12h`, `2w`. Pure."""

from __future__ import annotations

import re
from typing import Final

from argosy.errors import DefinitionInvalid

UNITS: Final = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_WRITTEN = re.compile(r"([1-9][0-9]{0,5}) ?([mhdw])")


def parse_duration(text: str, path: str) -> float:
    """Seconds; raises DefinitionInvalid at `path`."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise DefinitionInvalid(
            f"'{text}' is no duration: write minutes, hours, days or weeks, such as 90d or 12h", path
        )
    return int(found[1]) * UNITS[found[2]]
