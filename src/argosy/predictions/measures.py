"""Which predictions may measure a model: those that were judged without regard to their answers, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from argosy.database import Transaction
from argosy.predictions.ids import MAC_PLACE

MEASURES = """
SELECT feedback.prediction_id, probability, feedback.token, source, subject_hash, given_at
FROM feedback JOIN predictions ON predictions.id = feedback.prediction_id
LEFT JOIN review_draws ON review_draws.prediction_id = feedback.prediction_id AND feedback.token = ''
WHERE measures = 1 AND (:model = '' OR model = :model) ORDER BY feedback.id
"""
DRAWN = "SELECT 1 FROM review_draws WHERE prediction_id = :prediction_id"
ADD_DRAW = """
INSERT INTO review_draws (prediction_id, probability, drawn_at) VALUES (:prediction_id, :probability, :drawn_at)
ON CONFLICT (prediction_id) DO UPDATE SET probability = excluded.probability
WHERE excluded.probability > review_draws.probability
"""


@dataclass(frozen=True)
class Measure:
    """Why a prediction measures: the chance with which it was drawn for review (None: it came by another way), and who
    judged it last, when. `subject` is a keyed hash, `order` a keyed hash that no sender can choose."""

    probability: float | None = None
    token: str = ""
    source: str = ""
    subject: bytes | None = None
    order: str = ""
    given_at: float = 0.0


def measures(transaction: Transaction, model: str = "") -> dict[str, Measure]:
    """By id, the drained predictions of a model, or of all, whose feedback may measure."""
    return {
        prediction_id: Measure(probability, token, source, subject, prediction_id[MAC_PLACE - 1 :], given_at)
        for prediction_id, probability, token, source, subject, given_at in transaction.stream(
            MEASURES, {"model": model}
        )
    }


def drawn(transaction: Transaction, prediction_ids: Iterable[str]) -> set[str]:
    """Those of the predictions that were drawn for review."""
    return {one for one in prediction_ids if transaction.execute(DRAWN, {"prediction_id": one})}


def add_draws(transaction: Transaction, chances: Mapping[str, float]) -> None:
    """Keep these draws: of a prediction drawn before, the better chance.

    All draws go by one number of each prediction, so that it is in one of them where its best chance exceeds that.
    """
    now = transaction.now()
    transaction.execute_many(
        ADD_DRAW,
        [{"prediction_id": one, "probability": chance, "drawn_at": now} for one, chance in sorted(chances.items())],
    )
