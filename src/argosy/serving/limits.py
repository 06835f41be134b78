"""What the server takes at most, and the checks on the inputs of one request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argosy.errors import RequestInvalid, RequestTooLarge
from argosy.models.inputs import characters_of
from argosy.types import Input


@dataclass(frozen=True)
class Limits:
    """`text_bytes` is for one input, all fields of a dictionary together; UTF-8."""

    text_bytes: int = 1_000_000
    body_bytes: int = 10_000_000
    rows: int = 1000
    values: int = 100_000
    """In one body, wherever they are: a body of many small ones takes longer to read than its bytes say."""
    seconds: float = 30.0
    """For one request, from its first byte to its answer."""
    imported_seconds: float = 10.0
    """For one call of a model that was trained elsewhere."""
    connections: int = 1000
    """At once; one more is told to come back later."""


def check_rows(rows: int, limits: Limits) -> None:
    """Raises RequestTooLarge where there are more rows than a request may have."""
    if rows > limits.rows:
        raise RequestTooLarge(f"{rows} rows are over the limit of {limits.rows}: send several requests")


def check_values(body: bytes | memoryview, limits: Limits) -> None:
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


def check_inputs(inputs: Sequence[Input], limits: Limits) -> int:
    """How many characters there are in all; raises RequestInvalid, RequestTooLarge, InputInvalid or InputTooLarge."""
    if not inputs:
        raise RequestInvalid("the request has no rows: send at least one text")
    check_rows(len(inputs), limits)
    return characters_of(inputs, limits.text_bytes)
