"""The SQL of searches."""

from __future__ import annotations

from typing import Final

PUT_SEARCH: Final = """
INSERT INTO searches (plan, space, dataset, dataset_digest, begun_at)
VALUES (:plan, :space, :dataset, :digest, :now)
ON CONFLICT (plan) DO UPDATE SET space = excluded.space, dataset = excluded.dataset,
    dataset_digest = excluded.dataset_digest, begun_at = excluded.begun_at, ended_at = NULL, ended_because = NULL"""
SEARCH: Final = """
SELECT space, dataset, dataset_digest, begun_at, ended_because, ended_at IS NULL
FROM searches WHERE plan = :plan"""
OPEN_SEARCHES: Final = "SELECT plan FROM searches WHERE ended_at IS NULL ORDER BY begun_at"
END_SEARCH: Final = """
UPDATE searches SET ended_at = :now, ended_because = :because WHERE plan = :plan AND ended_at IS NULL"""
FORGET_TRIALS: Final = "DELETE FROM trials WHERE plan = :plan"
FORGET_SEARCH: Final = "DELETE FROM searches WHERE plan = :plan"
PUT_TRIAL: Final = """
INSERT INTO trials (plan, number, label, choices, rung, asked_at)
VALUES (:plan, :number, :label, :choices, :rung, :now)"""
TRIALS: Final = "SELECT number, label, choices, rung FROM trials WHERE plan = :plan ORDER BY number"
