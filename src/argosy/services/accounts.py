"""The account of a row: what came, what was filled in, what the models said, how it was decided. Kept with its record.

It rests sealed, next to the input as the model saw it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.errors import RecordUnreadable
from argosy.services.calls import AskedAnswer, FilledFeature, ServiceRow

_encode = msgspec.msgpack.Encoder().encode


class ServiceAccount(msgspec.Struct, array_like=True, frozen=True):
    """`digest` is that of the service's definition; `position` the row's in its request, from 1."""

    service: str
    digest: str
    given: dict[str, Any]
    features: dict[str, FilledFeature]
    answers: list[AskedAnswer]
    steps: list[tuple[str, dict[str, Any]]]
    decision: str
    score: float | None
    rank: int | None = None
    policy: str = ""
    propensity: float | None = None


_decode = msgspec.msgpack.Decoder(ServiceAccount).decode


def encoded_account(service: str, digest: str, row: ServiceRow, score: Any) -> bytes:
    """As it rests; raises TypeError, UnicodeError or OverflowError where a value cannot."""
    return _encode(
        [
            service,
            digest,
            row.given,
            row.features,
            row.answers,
            row.steps,
            row.decision,
            score,
            row.rank,
            row.policy,
            row.propensity,
        ]
    )


def account_in(data: bytes) -> ServiceAccount | None:
    """Of a prediction; None of one that no service asked. Raises RecordUnreadable."""
    if not data:
        return None
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordUnreadable(f"a service's account does not have its format ({type(error).__name__})") from None
