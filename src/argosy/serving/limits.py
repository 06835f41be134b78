"""What one request may ask of a model, and the checks on its inputs; the same over every protocol. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.errors import InputTooLarge, RequestInvalid, RequestTooLarge
from argosy.models.inputs import characters_of
from argosy.models.tensor_rows import TensorRows
from argosy.types import Input


@dataclass(frozen=True)
class InputLimits:
    """`text_bytes` is for one input, all fields of a dictionary together; UTF-8."""

    text_bytes: int = 1_000_000
    rows: int = 1000


def check_rows(rows: int, limits: InputLimits) -> None:
    """Raises RequestTooLarge where there are more rows than a request may have."""
    if rows > limits.rows:
        raise RequestTooLarge(f"{rows} rows are over the limit of {limits.rows}: send several requests")


def measure_inputs(inputs: Sequence[Input], limits: InputLimits) -> int:
    """How many characters there are in all; raises RequestInvalid, RequestTooLarge, InputInvalid or InputTooLarge."""
    if not inputs:
        raise RequestInvalid("the request has no rows: send at least one text")
    check_rows(len(inputs), limits)
    if isinstance(inputs, TensorRows):
        return measure_tensors(inputs, limits.text_bytes)
    return characters_of(inputs, limits.text_bytes)


def measure_tensors(rows: TensorRows, text_bytes: int) -> int:
    """How many elements and bytes of text there are; raises InputTooLarge where a row's texts are over the limit."""
    size = 0
    for array in rows.arrays.values():
        size += array.size
        if array.dtype.kind == "O":
            by_row = array.reshape(len(rows) if rows.is_batched and array.size else 1, -1).tolist()
            lengths = [sum(map(len, row)) for row in by_row]
            size += sum(lengths)
            if max(lengths, default=0) > text_bytes:
                raise InputTooLarge(f"a row has {max(lengths):,} bytes of text, over the limit of {text_bytes:,}")
    return size
