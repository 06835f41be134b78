"""The SQL of outcomes."""

from __future__ import annotations

from typing import Final

COLUMNS: Final = """
name, position, newest, read_up_to, swept, passed, taken, matched, unmatched, joined, otherwise, poison, problem,
looked_at"""
SOURCES_ROW: Final = f"SELECT {COLUMNS} FROM outcome_sources WHERE name = :name"  # noqa: S608  # our own columns
ALL_SOURCES: Final = f"SELECT {COLUMNS} FROM outcome_sources ORDER BY name"  # noqa: S608
PUT_SOURCE: Final = """
INSERT INTO outcome_sources (name, position, newest, read_up_to, swept, passed, taken, matched, unmatched, joined,
    otherwise, poison, problem, looked_at)
VALUES (:name, :position, :newest, :read_up_to, :swept, :passed, :taken, :matched, :unmatched, :joined, :otherwise,
    :poison, :problem, :looked_at)
ON CONFLICT (name) DO UPDATE SET position = excluded.position, newest = excluded.newest,
    read_up_to = excluded.read_up_to, swept = excluded.swept, passed = excluded.passed, taken = excluded.taken,
    matched = excluded.matched, unmatched = excluded.unmatched, joined = excluded.joined,
    otherwise = excluded.otherwise, poison = excluded.poison, problem = excluded.problem,
    looked_at = excluded.looked_at"""

TAKEN_AMONG: Final = """
SELECT digest, entity_hash, label, at FROM taken_outcomes WHERE source = :source AND digest IN (:digests)"""
TAKE: Final = """
INSERT INTO taken_outcomes (source, digest, entity_hash, label, at, token, reach)
VALUES (:source, :digest, :entity_hash, :label, :at, :token, :reach)"""
TAKEN_ABOUT: Final = """
SELECT digest, label, at, token, reach FROM taken_outcomes
WHERE entity_hash = :entity_hash AND source = :source AND at >= :start AND at <= :end ORDER BY number LIMIT :rows"""

ADD_UNASKED: Final = """
INSERT INTO unasked_outcomes (source, label, at, digest, sealed) VALUES (:source, :label, :at, :digest, :sealed)"""
REMOVE_SOURCE: Final = (
    "DELETE FROM unasked_outcomes WHERE source = :source",
    "DELETE FROM taken_outcomes WHERE source = :source",
    "DELETE FROM outcome_sources WHERE name = :source",
)
UNASKED: Final = """
SELECT number, label, at, digest, sealed FROM unasked_outcomes WHERE source = :source ORDER BY number LIMIT :rows"""
COUNT_UNASKED: Final = "SELECT count(*) FROM unasked_outcomes WHERE source = :source"
REMOVE_ASKED: Final = "DELETE FROM unasked_outcomes WHERE source = :source AND digest = :digest"
REMOVE_UNASKED: Final = "DELETE FROM unasked_outcomes WHERE number IN (:numbers)"
