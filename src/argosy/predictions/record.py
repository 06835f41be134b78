"""One prediction, and its sealed form: what may rest on a disk.

In the clear are the model, the version, the time, the answer, its confidence, the name of the token that asked, and
keyed hashes of subject and entity. The input, the scores, a service's account, and who asked about whom are sealed
under the predictions key with the id as identity, so that a sealed row moved to another id does not open.

A record of the spool begins with its format's number, 3. Format 2 has no draw level, format 1 no token either. Those
written before there was a number begin with 0x99, the nine fields' own mark in MessagePack. All are read too. That of a
shadow begins with 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import float_info
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from argosy.errors import RecordUnreadable
from argosy.predictions.ids import ID_CHARACTERS, MOST_LEVEL
from argosy.types import Input
from argosy.vault.scope import Scope


class Prediction(msgspec.Struct, frozen=True):
    """What was asked, by whom, about whom, and what was answered."""

    id: str
    model: str
    version: int
    made_at: float
    answer: str
    confidence: float
    input: Input
    scores: Sequence[float] | NDArray[np.float64] | bytes = ()
    """As bytes: as `scores_bytes` makes them."""
    client: str | None = None
    subject: str | None = None
    entity: str | None = None
    token: str = ""
    account: bytes = b""
    """Of a service: how it came to ask this, and what it decided; see `services/accounts.py`."""


Finite = Annotated[float, Meta(ge=-float_info.max, le=float_info.max)]


class SealedPrediction(msgspec.Struct, frozen=True, array_like=True):
    """A row of the table `predictions`, and a frame of the spool. What a database could not keep is no such record."""

    id: str
    model: str
    version: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
    made_at: Finite
    subject_hash: bytes | None
    entity_hash: bytes | None
    answer: str
    confidence: Finite
    sealed: bytes
    token: str = ""
    """The name of the token that asked; empty on an open server, and in the formats before 2."""
    draw_level: Annotated[int, Meta(ge=0, le=MOST_LEVEL)] | None = None
    """See `PredictionIds.level`; in a table of its own. None where it was not computed, and in formats before 3."""


class ShadowPrediction(SealedPrediction, frozen=True, array_like=True):
    """What a shadow version answered, which no caller received (`shadows.py`); of the spool only."""

    shadow_of: str = ""
    """The id of the prediction that was answered."""


class _Secret(msgspec.Struct, frozen=True, array_like=True):
    input: str | dict[str, object]
    scores: bytes  # float32, little-endian
    client: str | None
    subject: str | None
    entity: str | None
    account: bytes = b""


_FORMAT = 3
_NUMBERED = bytes([_FORMAT])
_UNNUMBERED = 0x99
_READ = (_FORMAT, 2, 1, _UNNUMBERED)
SHADOW_MARK = b"\x04"
"""Begins a shadow's record, before the 22 bytes of an id and a prediction's record; an older Argosy keeps it aside."""
_ID_END = 1 + ID_CHARACTERS // 2
_encode = msgspec.msgpack.Encoder().encode
_decode_sealed = msgspec.msgpack.Decoder(SealedPrediction).decode
_decode_secret = msgspec.msgpack.Decoder(_Secret).decode


def seal(prediction: Prediction, scope: Scope, draw_level: int | None = None) -> SealedPrediction:
    """The form that may be stored; a missing draw level is computed by the first draw."""
    return seal_many([prediction], scope, [draw_level])[0]


def seal_many(
    predictions: Sequence[Prediction], scope: Scope, draw_levels: Sequence[int | None]
) -> list[SealedPrediction]:
    """`seal` for each."""
    identities = [bytes.fromhex(one.id) for one in predictions]
    sealed = scope.seal_many([_encode(_secret(one)) for one in predictions], identities)
    return [
        SealedPrediction(
            one.id,
            one.model,
            one.version,
            one.made_at,
            prediction_subject_hash(scope, one.subject),
            prediction_entity_hash(scope, one.entity),
            one.answer,
            one.confidence,
            secret,
            one.token,
            level,
        )
        for one, secret, level in zip(predictions, sealed, draw_levels, strict=True)
    ]


def _secret(prediction: Prediction) -> _Secret:
    given, scores = prediction.input, prediction.scores
    return _Secret(
        given if isinstance(given, str) else dict(given),
        scores if isinstance(scores, bytes) else scores_bytes(scores),
        prediction.client,
        prediction.subject,
        prediction.entity,
        prediction.account,
    )


def scores_bytes(scores: Sequence[float] | NDArray[np.float64]) -> bytes:
    """Scores as they rest."""
    return np.asarray(scores, "<f4").tobytes()


def unseal(row: SealedPrediction, scope: Scope) -> Prediction:
    """The prediction again; raises SealBroken where the row was altered or moved."""
    secret = _decode_secret(scope.open(row.sealed, bytes.fromhex(row.id)))
    return Prediction(
        row.id,
        row.model,
        row.version,
        row.made_at,
        row.answer,
        row.confidence,
        secret.input,
        tuple(np.frombuffer(secret.scores, "<f4").tolist()),
        secret.client,
        secret.subject,
        secret.entity,
        row.token,
        secret.account,
    )


def unseal_inputs(rows: Sequence[tuple[str, bytes]], scope: Scope) -> list[Input]:
    """The inputs alone of many, each an id with what was sealed; raises SealBroken as `unseal` does."""
    return [
        _decode_secret(one).input for one in scope.open_many([(sealed, bytes.fromhex(id_)) for id_, sealed in rows])
    ]


def to_bytes(row: SealedPrediction) -> bytes:
    """A record of the spool."""
    return _NUMBERED + _encode(row)


def from_bytes(data: bytes | memoryview) -> SealedPrediction:
    """What is in a record, of this format or one before; raises RecordUnreadable, which quotes nothing of it."""
    if data[:1] == SHADOW_MARK:
        sealed = from_bytes(data[_ID_END:])
        return ShadowPrediction(**msgspec.structs.asdict(sealed), shadow_of=bytes(data[1:_ID_END]).hex())
    number = data[0] if len(data) else None
    if number not in _READ:
        raise RecordUnreadable(f"its format is {number}: a newer Argosy wrote it, or it is damaged")
    try:
        return _decode_sealed(data if number == _UNNUMBERED else data[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordUnreadable(f"it does not have its format ({type(error).__name__})") from None


def prediction_subject_hash(scope: Scope, subject: str | None) -> bytes | None:
    """What finds a subject's predictions without naming the subject."""
    return None if subject is None else scope.hash("prediction subject", subject.encode())


def prediction_entity_hash(scope: Scope, entity: str | None) -> bytes | None:
    """What finds an entity's predictions without naming the entity."""
    return None if entity is None else scope.hash("prediction entity", entity.encode())
