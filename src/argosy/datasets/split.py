"""Which part of a dataset a row belongs to: a pure function of the row's permanent id, the seed and the ratios.

New rows therefore never move old ones, and neither do revisions or new keys. Ratios are approximate: each row falls
independently. The mixing is splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from argosy.types import Part

PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)
TRAIN, VALIDATION, TEST = 0, 1, 2
"""Parts as codes, indexes into PARTS."""
OUT = 255
"""The code of a row that is in no part."""

PartCodes = NDArray[np.uint8]
_UINT64 = NDArray[np.uint64]


def split(ids: _UINT64, seed: int, training_ratio: float, validation_ratio: float) -> PartCodes:
    """The part of each row; `ids` is (rows, 2), see `id_words`. What the two ratios leave is the test part."""
    place = fractions(ids, seed)
    parts = np.full(len(place), TEST, dtype=np.uint8)
    parts[place < training_ratio + validation_ratio] = VALIDATION
    parts[place < training_ratio] = TRAIN
    return parts


def fractions(ids: _UINT64, seed: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each row, uniform over ids and independent between seeds."""
    start = np.full(len(ids), seed % 2**64, dtype=np.uint64)
    mixed = mix(mix(mix(start) ^ ids[:, 0]) ^ ids[:, 1])
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def id_words(ids: list[bytes]) -> _UINT64:
    """16-byte ids as (rows, 2) words, big-endian, so that their order is that of the bytes."""
    return np.frombuffer(b"".join(ids), dtype=">u8").reshape(-1, 2).astype(np.uint64)


def mix(state: _UINT64) -> _UINT64:
    """One splitmix64 step; unsigned arithmetic wraps, as it is meant to."""
    mixed: _UINT64 = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
