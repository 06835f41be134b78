"""What the server takes at most, and the checks on the inputs of one request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.errors import RequestInvalid, RequestTooLarge
from argosy.models.inputs import characters_of
from argosy.types import Input


@dataclass(frozen=True)
class Limits:
    """`text_bytes` is for one input, all fields of a dictionary together; UTF-8."""

    text_bytes: int = 1_000_000
    body_bytes: int = 10_000_000
    rows: int = 1000
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


def check_inputs(inputs: Sequence[Input], limits: Limits) -> int:
    """How many characters there are in all; raises RequestInvalid, RequestTooLarge, InputInvalid or InputTooLarge."""
    if not inputs:
        raise RequestInvalid("the request has no rows: send at least one text")
    check_rows(len(inputs), limits)
    return characters_of(inputs, limits.text_bytes)
