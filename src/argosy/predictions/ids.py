"""Prediction ids: 44 hexadecimal characters, ordered by time, which only this project can issue.

An id is 6 bytes of milliseconds, 10 bytes of a number (8 random bytes, then 2 of zeros, and the row added) and a 6-byte
keyed hash of those, so that any process with the predictions key recognises an id that was issued, without a look-up:
also for a prediction that is not drained into the database yet.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from argosy.errors import PredictionNotFound
from argosy.vault.scope import Scope

MAC_BYTES = 6
ID_CHARACTERS = 2 * (16 + MAC_BYTES)
MAC_PLACE = 2 * 16 + 1
"""Where, counted from 1, the keyed hash begins: no sender can choose it, so that an order by it is a uniform draw."""
RANDOM_BYTES = 8
DRAW_BITS = 53
MOST_LEVEL = DRAW_BITS
"""Of the number 0, the only one below 2^-53."""
_ROW_BYTES = 2
_LAST = b"\xff" * 8


class PredictionIds:
    """Issues and checks ids under the key of one scope. Any thread may use it."""

    def __init__(self, scope: Scope) -> None:
        self._key = scope.hash("prediction id", b"key")
        self._draw_key = scope.hash("prediction draw", b"key")

    def issue(self, rows: int, made_at: float, randomness: bytes) -> list[str]:
        """The ids of a request's rows; `randomness` is RANDOM_BYTES that no other request of that millisecond has."""
        moment, first = int(made_at * 1000).to_bytes(6), int.from_bytes(randomness) << 8 * _ROW_BYTES
        numbers = [
            (first + row).to_bytes(RANDOM_BYTES + _ROW_BYTES + 1)[1:] for row in range(rows)
        ]  # at its end: from 0
        return [self._sealed(moment + number) for number in numbers]

    def check(self, prediction_id: str) -> str:
        """The id in lower case; raises PredictionNotFound where this project never issued it."""
        candidate = prediction_id.strip().lower()
        if not self.is_issued(candidate):
            raise PredictionNotFound(f"no prediction with the id '{_shown(prediction_id)}' was answered here")
        return candidate

    def is_issued(self, candidate: str) -> bool:
        """Whether this project issued it, under the key that it has now."""
        try:
            stem = bytes.fromhex(candidate)[:16]
        except ValueError:
            return False
        is_whole = len(candidate) == ID_CHARACTERS
        return is_whole and hmac.compare_digest(self._sealed(stem).encode(), candidate.encode())

    def draw(self, prediction_id: str) -> float:
        """The permanent random number of an issued id, uniform in [0, 1) and independent of all that a caller sees.

        What is drawn by it (those below some share) is drawn uniformly, the same by every process, without being
        written down, and cannot be computed without the key (permanent random numbers: Ohlsson 1995).
        """
        return self._drawn(prediction_id) / (1 << DRAW_BITS)

    def level(self, prediction_id: str) -> int:
        """How often the permanent random number can be doubled and stays below 1: one in 2^n has level n or more."""
        return DRAW_BITS - self._drawn(prediction_id).bit_length()

    def draws(self, prediction_ids: Sequence[str]) -> NDArray[np.float64]:
        """`draw` of each, many at once; that of what is no id is nearly 1."""
        digests = b"".join([self._digest(one) for one in prediction_ids])
        numbers = np.frombuffer(digests, ">u8") >> np.uint64(64 - DRAW_BITS)
        return np.asarray(numbers / (1 << DRAW_BITS), dtype=np.float64)

    def _drawn(self, prediction_id: str) -> int:
        return int.from_bytes(self._digest(prediction_id)) >> 64 - DRAW_BITS

    def _digest(self, prediction_id: str) -> bytes:
        try:
            return hashlib.blake2b(bytes.fromhex(prediction_id)[:16], digest_size=8, key=self._draw_key).digest()
        except ValueError:
            return _LAST

    def _sealed(self, stem: bytes) -> str:
        return stem.hex() + hashlib.blake2b(stem, digest_size=MAC_BYTES, key=self._key).hexdigest()


def made_at(prediction_id: str) -> float:
    """When an id was issued, to the millisecond."""
    return int(prediction_id[:12], 16) / 1000


def _shown(text: str) -> str:
    return text if len(text) <= ID_CHARACTERS else f"{text[:ID_CHARACTERS]}…"
