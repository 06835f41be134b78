"""Rows on their way to a part in another process and back, as JSON: one text a row. Pure.

`service.NAME.prepare` and `service.NAME.decide` are models of tensors that take and give one column `rows` of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from argosy.errors import RequestInvalid
from argosy.models.signature import Signature, TensorSpec
from argosy.services.calls import AskedAnswer, FilledFeature, ServiceRow

COLUMN: Final = "rows"
PART_SIGNATURE: Final = Signature(
    (TensorSpec(COLUMN, "BYTES", (-1,)),), (TensorSpec(COLUMN, "BYTES", (-1,)),), is_batched=True
)


class RowToPrepare(msgspec.Struct):
    """`fill` names the features that are looked up."""

    values: dict[str, Any]
    fill: list[str]


class PreparedRow(msgspec.Struct):
    """What the pre-processor makes of it."""

    values: dict[str, Any]
    inputs: dict[str, Any]
    features: dict[str, FilledFeature]


class RowToDecide(msgspec.Struct):
    """What the models say of it; `group` is the place of the input that it belongs to."""

    values: dict[str, Any]
    answers: list[AskedAnswer]
    group: int


class DecidedRow(msgspec.Struct):
    """What the post-processor makes of it."""

    values: dict[str, Any]
    decision: str
    policy: str
    propensity: float | None
    rank: int | None
    steps: list[tuple[str, dict[str, Any]]]


encode_row: Final = msgspec.json.Encoder().encode


def read_rows(texts: Sequence[bytes], kind: type[Any]) -> list[Any]:
    """Raises RequestInvalid with the row."""
    read, found = msgspec.json.Decoder(kind).decode, []
    for row, text in enumerate(texts, 1):
        try:
            found.append(read(text))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise RequestInvalid(f"row {row} is none of a service: {error}") from None
    return found


def row_to_prepare(row: ServiceRow, fill: Sequence[str]) -> bytes:
    return encode_row(RowToPrepare(row.values, list(fill)))


def prepared_row(row: ServiceRow) -> bytes:
    return encode_row(PreparedRow(row.values, dict(row.inputs), row.features))


def take_prepared(row: ServiceRow, made: PreparedRow) -> None:
    row.values, row.inputs, row.features = made.values, made.inputs, made.features


def row_to_decide(row: ServiceRow) -> bytes:
    return encode_row(RowToDecide(row.values, row.answers, row.group))


def decided_row(row: ServiceRow) -> bytes:
    return encode_row(DecidedRow(row.values, row.decision, row.policy, row.propensity, row.rank, row.steps))


def take_decided(row: ServiceRow, made: DecidedRow) -> None:
    row.values, row.decision, row.policy = made.values, made.decision, made.policy
    row.propensity, row.rank, row.steps = made.propensity, made.rank, made.steps


def service_row(values: Mapping[str, Any], group: int = 0, answers: Sequence[AskedAnswer] = ()) -> ServiceRow:
    """A row that came from another process."""
    row = ServiceRow({}, dict(values), group)
    row.answers = list(answers)
    return row
