"""How much memory versions are expected to take, and whether one more fits next to those that are loaded. Pure.

Each process of a server loads every version: it has its share of the limit.
"""

from __future__ import annotations

from typing import Final

from argosy.definitions.limits import in_units

ARTIFACT_FACTOR: Final = 5
"""Resident bytes for each byte of an artifact: measured 4.6 to 4.8 for models of 100,000 and 200,000 words, whose
vocabularies are built; less for arrays alone, which are mapped."""
LEAST_BYTES: Final = 5_000_000
"""Of any version: small artifacts take up to 8 times their size."""


def estimated_bytes(artifact_bytes: int) -> int:
    """What a version of an artifact of that size takes once it is loaded."""
    return LEAST_BYTES + ARTIFACT_FACTOR * artifact_bytes


def memory_wait(needed: int, used: int, limit: int | None) -> str:
    """Why a version has to wait for others to be unloaded; empty: it need not, or it would wait in vain."""
    if limit is None or needed > limit or used + needed <= limit:
        return ""
    return (
        f"waits for memory: it needs about {in_units(needed)}, and {in_units(max(limit - used, 0))} of the "
        f"{in_units(limit)} that server.memory allows are free"
    )


def memory_refusal(needed: int, limit: int | None, processes: int = 1) -> str:
    """Why a version can never be loaded; empty: it can. `processes` have that limit each."""
    if limit is None or needed <= limit:
        return ""
    each = f" in each of {processes} processes" if processes > 1 else ""
    return f"it needs about {in_units(needed)} of memory, and server.memory allows {in_units(limit)}{each}"
