"""What the server takes at most, and the checks on the inputs of one request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.errors import InputInvalid, RequestInvalid, RequestTooLarge
from argosy.types import Input


@dataclass(frozen=True)
class Limits:
    """`text_bytes` is for one input, all fields of a dictionary together; UTF-8."""

    text_bytes: int = 1_000_000
    body_bytes: int = 10_000_000
    rows: int = 1000
    seconds: float = 30.0
    """For one request, from its first byte to its answer."""
    connections: int = 1000
    """At once; one more is told to come back later."""


def check_rows(rows: int, limits: Limits) -> None:
    """Raises RequestTooLarge where there are more rows than a request may have."""
    if rows > limits.rows:
        raise RequestTooLarge(f"{rows} rows are over the limit of {limits.rows}: send several requests")


def check_inputs(inputs: Sequence[Input], limits: Limits) -> int:
    """How many characters there are in all; raises RequestInvalid, RequestTooLarge or InputInvalid."""
    if not inputs:
        raise RequestInvalid("the request has no rows: send at least one text")
    check_rows(len(inputs), limits)
    return sum(_check_input(row, one, limits.text_bytes) for row, one in enumerate(inputs))


def _check_input(row: int, given: Input, text_bytes: int) -> int:
    texts = [given] if isinstance(given, str) else [value for value in given.values() if isinstance(value, str)]
    characters = sum(map(len, texts))
    # a character has at most four bytes, so most texts need no encoding to be found short enough
    size = characters if characters * 4 <= text_bytes else sum(len(text.encode(errors="replace")) for text in texts)
    if size > text_bytes:
        raise RequestTooLarge(f"row {row}: {size} bytes of text are over the limit of {text_bytes}")
    if isinstance(given, str) and not given.strip():
        raise InputInvalid(f"row {row}: the text is empty")
    if not isinstance(given, str) and not given:
        raise InputInvalid(f"row {row}: the dictionary has no fields")
    return characters
