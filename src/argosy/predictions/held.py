"""What a spool holds that is not in the database yet: how many predictions, and how old the oldest is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.errors import RecordUnreadable
from argosy.predictions import frames, segments
from argosy.predictions.record import from_bytes

SAMPLE_BYTES: Final = 1 << 20
"""Read of each file; what is beyond is taken to be alike."""


@dataclass(frozen=True)
class Held:
    """`seconds` is 0 where there is none, and by the clock of the machine that both server and drainer run on."""

    predictions: int = 0
    seconds: float = 0.0


def held(folder: Path, positions: Mapping[str, int], now: float) -> Held:
    """Of the spool in that folder, drained as far as `positions` say of each file."""
    count, oldest = 0, now
    for path in segments.segments_in(folder):
        try:
            with path.open("rb") as file:
                file.seek(positions.get(path.name, 0))
                data = file.read(SAMPLE_BYTES)
                rest = os.fstat(file.fileno()).st_size - file.tell() + len(data)
        except OSError:  # drained meanwhile, or unreadable: the drain says so
            continue
        found = list(frames.complete(data))
        if found:
            count += round(rest * len(found) / found[-1][1]) if rest > SAMPLE_BYTES else len(found)
            oldest = min(oldest, _made_at(found[0][0], now))
    return Held(count, now - oldest)


def _made_at(payload: memoryview, otherwise: float) -> float:
    try:
        return otherwise if frames.is_blank(payload) else from_bytes(payload).made_at
    except RecordUnreadable:
        return otherwise
