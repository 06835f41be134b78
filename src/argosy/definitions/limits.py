"""`limits:` of a plan: what one fit may take of memory and time before it is ended. Pure.

They say nothing of what is trained, so that they are no part of a definition and of its label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from argosy.definitions.definition import refuse_unknown_keys
from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?)")


class FitLimits(msgspec.Struct, frozen=True, omit_defaults=True):
    """None: as much as there is."""

    memory: int | None = None
    """Bytes of resident memory."""
    seconds: float | None = None

    def exceeded(self, seconds: float, memory: int) -> str:
        """Which limit a fit of that age and size is over, in words; empty: none."""
        if self.seconds is not None and seconds > self.seconds:
            return f"it ran for longer than the {self.seconds:g} s that its plan allows"
        if self.memory is not None and memory > self.memory:
            return f"it took {in_units(memory)} of memory, more than the {in_units(self.memory)} that its plan allows"
        return ""


def parse_limits(values: Any, path: str = "limits") -> FitLimits | None:
    """From `{memory: 2G, seconds: 3600}`; raises DefinitionInvalid."""
    if values is None:
        return None
    refuse_unknown_keys(values, ("memory", "seconds"), "limits", path)
    return FitLimits(parse_size(values.get("memory"), f"{path}.memory"), _seconds(values, f"{path}.seconds"))


def in_units(size: int) -> str:
    """`1.5G`: a size in the largest unit of which it has one."""
    unit = next((name for name in reversed(_UNITS) if size >= _UNITS[name]), "")
    return f"{size / _UNITS[unit]:.3g}{unit}" if unit else f"{size} bytes"


def parse_size(given: Any, path: str) -> int | None:
    """Bytes from `2G`, `512M` or a number; None is no limit. Raises DefinitionInvalid."""
    if given is None:
        return None
    found = None if isinstance(given, bool) else _SIZE.fullmatch(str(given))
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < 1:
        raise DefinitionInvalid(f"expected a size such as 2G, 512M or a number of bytes; got {shown(given)}", path)
    return size


def _seconds(values: Mapping[str, Any], path: str) -> float | None:
    given = values.get("seconds")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        raise DefinitionInvalid(f"expected a number of seconds above 0; got {shown(given)}", path)
    return float(given)
