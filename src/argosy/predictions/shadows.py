"""What shadow versions answered: logged apart from predictions, which are the answers that callers received.

A shadow's record in the spool is that of a prediction, behind the id of the one that was given in its place; it is
appended after that one's. Nothing that reads predictions (feedback, reviews, the gate, replays, drift) sees a shadow.
It goes with the prediction that it is next to, whether that is erased or no longer kept. Where models answer tensors,
predictions have no answer, and a shadow's has one where it is different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from argosy.database import Database, Transaction
from argosy.predictions import frames
from argosy.predictions.record import SHADOW_MARK, SealedPrediction, ShadowPrediction

ADD: Final = """
INSERT INTO shadow_predictions (id, shadow_of, model, version, made_at, answer, confidence, sealed)
SELECT :id, id, :model, :version, :made_at, :answer, :confidence, :sealed
FROM predictions WHERE id = :shadow_of /* FOR UPDATE */
ON CONFLICT (id) DO NOTHING"""
AGREEMENT: Final = """
SELECT shadow_predictions.version, predictions.version, count(*),
    sum(CASE WHEN shadow_predictions.answer = predictions.answer THEN 1 ELSE 0 END),
    sum(shadow_predictions.confidence), sum(predictions.confidence)
FROM shadow_predictions JOIN predictions ON predictions.id = shadow_predictions.shadow_of
WHERE shadow_predictions.model = :model AND shadow_predictions.made_at >= :since
GROUP BY shadow_predictions.version, predictions.version ORDER BY shadow_predictions.version, predictions.version"""


@dataclass(frozen=True)
class ShadowAgreement:
    """How often a shadow version gave the answer that another gave to the caller."""

    version: int
    served: int
    rows: int
    same: int
    confidence: float
    """The mean of the shadow's, over the rows."""
    served_confidence: float


def shadow_frames(framed: bytes, shadow_of: Sequence[str]) -> bytes:
    """Predictions' frames as those of shadows, each next to the prediction with that id."""
    payloads = [payload for payload, _, _ in frames.complete(framed)]
    return b"".join(
        frames.frame(SHADOW_MARK + bytes.fromhex(id_) + bytes(payload))
        for payload, id_ in zip(payloads, shadow_of, strict=True)
    )


def add_shadows(transaction: Transaction, rows: Sequence[SealedPrediction]) -> None:
    """Log the shadows among these; one whose prediction is not in the log, or no longer, is left out."""
    shadows = [msgspec.structs.asdict(row) for row in rows if isinstance(row, ShadowPrediction)]
    names = ("id", "shadow_of", "model", "version", "made_at", "answer", "confidence", "sealed")
    transaction.execute_many(ADD, [{name: row[name] for name in names} for row in shadows])


def shadow_agreement(database: Database, model: str, since: float = 0.0) -> list[ShadowAgreement]:
    """By shadow version and version that served, over the shadows' answers from then on. Drains nothing."""
    with database.read() as transaction:
        rows = transaction.execute(AGREEMENT, {"model": model, "since": since})
    return [
        ShadowAgreement(version, served, count, int(same), own / count, other / count)
        for version, served, count, same, own, other in rows
    ]
