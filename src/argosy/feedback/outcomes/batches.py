"""What a source gives at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

AT_ONCE: Final = 500
"""Rows of one transaction."""
RawRow: TypeAlias = Mapping[str, Any] | str
"""A row, or what is wrong with it."""


class OutcomeBatch(NamedTuple):
    """`is_end`: by `position` the source was read up to its present end."""

    rows: list[RawRow]
    position: dict[str, Any]
    is_end: bool
