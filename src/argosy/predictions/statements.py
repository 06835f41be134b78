"""The SQL of the prediction log and of feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from argosy.predictions.record import SealedPrediction

COLUMNS = "id, model, version, made_at, subject_hash, entity_hash, answer, confidence, sealed, token"

ADD = f"""
INSERT INTO predictions ({COLUMNS})
VALUES (:id, :model, :version, :made_at, :subject_hash, :entity_hash, :answer, :confidence, :sealed, :token)
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 # our own column names

POSITIONS = "SELECT name, position FROM spools"
POSITION = "SELECT position FROM spools WHERE name = :name"
ADVANCE = """
INSERT INTO spools (name, position) VALUES (:name, :position)
ON CONFLICT (name) DO UPDATE SET position = excluded.position
"""
FORGET = "DELETE FROM spools WHERE name = :name"

ANSWER = "SELECT model, answer FROM predictions WHERE id = :id"

GET = f"SELECT {COLUMNS} FROM predictions WHERE id = :id"  # noqa: S608

OF_MODEL = f"""
SELECT {COLUMNS} FROM predictions
WHERE model = :model AND (made_at, id) > (:start, :after) AND made_at < :end ORDER BY made_at, id LIMIT :rows
"""  # noqa: S608

IDS_OF_ENTITY = """
SELECT id FROM predictions
WHERE entity_hash = :entity_hash AND made_at >= :start AND made_at < :end AND (:model = '' OR model = :model)
AND (CAST(:token AS TEXT) IS NULL OR token = :token) ORDER BY made_at, id LIMIT :rows
"""

HAS_ANSWERED = "SELECT 1 FROM predictions WHERE model = :model AND made_at >= :since LIMIT 1"
LAST_BETWEEN = """
SELECT max(made_at) FROM predictions WHERE model = :model AND made_at >= :start AND made_at < :end
"""
COUNT_BETWEEN = """
SELECT count(*) FROM predictions WHERE model = :model AND made_at >= :start AND made_at < :end
"""
TALLY = """
SELECT version, answer, count(*), sum(confidence), sum(confidence * confidence) FROM predictions
WHERE model = :model AND made_at >= :start AND made_at < :end GROUP BY version, answer
"""
SAMPLE = """
SELECT id, sealed FROM predictions
WHERE model = :model AND version = :version AND made_at >= :start AND made_at < :end
ORDER BY substr(id, :mac), id LIMIT :rows
"""
COUNT = "SELECT count(*) FROM predictions WHERE :model = '' OR model = :model"

IDS = "SELECT id FROM predictions"
NEWEST_IDS = "SELECT id FROM predictions ORDER BY id DESC LIMIT :rows"

ERASE_FEEDBACK = """
DELETE FROM feedback WHERE prediction_id IN (SELECT id FROM predictions WHERE subject_hash = :subject_hash)
"""
ERASE_DRAWS = """
DELETE FROM review_draws WHERE prediction_id IN (SELECT id FROM predictions WHERE subject_hash = :subject_hash)
"""
ERASE = "DELETE FROM predictions WHERE subject_hash = :subject_hash RETURNING id, model, made_at"

FEEDBACK_COLUMNS = """
prediction_id, kind, label, source, is_uniform, given_at, idempotency_key, feedback.token, measures"""
ADD_FEEDBACK = """
INSERT INTO feedback (prediction_id, kind, label, source, is_uniform, given_at, idempotency_key, token, measures)
VALUES (:prediction_id, :kind, :label, :source, :is_uniform, :given_at, :idempotency_key, :token, :measures)
ON CONFLICT (idempotency_key) DO NOTHING RETURNING id
"""
FEEDBACK_BY_KEY = f"SELECT {FEEDBACK_COLUMNS} FROM feedback WHERE idempotency_key = :idempotency_key"  # noqa: S608
FEEDBACK_OF = f"SELECT {FEEDBACK_COLUMNS} FROM feedback WHERE prediction_id = :prediction_id ORDER BY id"  # noqa: S608
FEEDBACK_OF_MODEL = f"""
SELECT {FEEDBACK_COLUMNS}, answer FROM feedback JOIN predictions ON predictions.id = prediction_id
WHERE model = :model ORDER BY feedback.id
"""  # noqa: S608
NEWEST_FEEDBACK = f"""
SELECT {FEEDBACK_COLUMNS}, model, answer FROM feedback LEFT JOIN predictions ON predictions.id = prediction_id
WHERE :model = '' OR model = :model ORDER BY feedback.id DESC LIMIT :rows
"""  # noqa: S608
FEEDBACK_AFTER = f"""
SELECT feedback.id, {FEEDBACK_COLUMNS} FROM feedback
WHERE feedback.id > :after AND substr(source, 1, :length) = :prefix ORDER BY feedback.id LIMIT :rows
"""  # noqa: S608
FRESH_FEEDBACK = """
SELECT predictions.id, answer, kind, label, source, given_at, feedback.id, measures, feedback.token
FROM feedback JOIN predictions ON predictions.id = feedback.prediction_id
WHERE model = :model AND version = :version AND made_at >= :since ORDER BY feedback.id
"""
UNMATCHED = """
SELECT count(DISTINCT prediction_id) FROM feedback
WHERE NOT EXISTS (SELECT 1 FROM predictions WHERE predictions.id = feedback.prediction_id)
"""
LAST_FEEDBACK = "SELECT coalesce(max(id), 0) FROM feedback"
COUNT_FEEDBACK = """
SELECT count(*) FROM feedback WHERE id > :after
AND EXISTS (SELECT 1 FROM predictions WHERE predictions.id = prediction_id AND model = :model)
"""


def parameters(row: SealedPrediction) -> Mapping[str, Any]:
    return msgspec.structs.asdict(row)
