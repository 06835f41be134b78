"""What a server takes at most of one request, whatever the route. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argosy.errors import RequestTooLarge


@dataclass(frozen=True)
class RequestLimits:
    body_bytes: int = 10_000_000
    """Of a body that is sent compressed, after it is decompressed."""
    values: int = 100_000
    """In one body, wherever they are: a body of many small ones takes longer to read than its bytes say."""
    seconds: float = 30.0
    """For one request, from its first byte to its answer."""


def check_values(body: bytes | memoryview, limits: RequestLimits) -> None:
    """Raises RequestTooLarge where there are more values in a JSON text than one may have; looked at before reading it.

    Every value but a dictionary's stands behind a bracket, a brace or a comma that is in no text.
    """
    data = bytes(body)
    if len(data) <= limits.values or sum(map(data.count, (b"[", b"{", b","))) <= limits.values:
        return
    letters = np.frombuffer(data.replace(b"\\\\", b"").replace(b'\\"', b""), np.uint8)
    is_outside = ~np.logical_xor.accumulate(letters == ord('"'))
    values = sum(np.count_nonzero(is_outside & (letters == ord(mark))) for mark in "[{,")
    if values > limits.values:
        raise RequestTooLarge(f"the body has over {limits.values:,} values: send several requests")
