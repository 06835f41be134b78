"""The SQL of the store."""

from __future__ import annotations

from typing import Final

TRAINED_COLUMNS: Final = (
    "label, definition, dataset_digest, artifact, size_bytes, metrics, confusion, fit_seconds, predict_us, form, "
    "environment, parent, log, trained_at, rows_right"
)

RECORD: Final = f"""
INSERT INTO trained ({TRAINED_COLUMNS})
VALUES (:label, :definition, :dataset_digest, :artifact, :size_bytes, :metrics, :confusion, :fit_seconds, :predict_us,
    :form, :environment, :parent, :log, :trained_at, :rows_right)
ON CONFLICT (label) DO NOTHING RETURNING label"""  # noqa: S608  # our own column list
IS_TRAINED: Final = "SELECT 1 FROM trained WHERE label = :label"
TRAINED: Final = f"SELECT {TRAINED_COLUMNS} FROM trained WHERE label = :label"  # noqa: S608
ALL_TRAINED: Final = f"SELECT {TRAINED_COLUMNS} FROM trained"  # noqa: S608
TRAINED_AMONG: Final = f"SELECT {TRAINED_COLUMNS} FROM trained WHERE label IN (:labels)"  # noqa: S608
LABELS_AMONG: Final = "SELECT label FROM trained WHERE label IN (:labels)"
METRICS_AMONG: Final = "SELECT label, metrics FROM trained WHERE label IN (:labels)"
DIGESTS: Final = """
SELECT DISTINCT dataset_digest FROM trained JOIN versions ON versions.label = trained.label WHERE model = :model"""

VERSION_OF_LABEL: Final = "SELECT number FROM versions WHERE model = :model AND label = :label"
ADD_VERSION: Final = """
INSERT INTO versions (model, number, label, created_at)
VALUES (:model, (SELECT coalesce(max(number), 0) + 1 FROM versions WHERE model = :model), :label, :now)
RETURNING number"""
MODELS: Final = "SELECT DISTINCT model FROM versions ORDER BY model"
_VERSIONS: Final = """
SELECT versions.model, versions.number, versions.label, trained.artifact, versions.created_at,
    coalesce(marks.reason, '')
FROM versions JOIN trained ON trained.label = versions.label LEFT JOIN marks ON marks.label = versions.label"""
VERSIONS: Final = f"{_VERSIONS} WHERE versions.model = :model ORDER BY versions.number"
CHANGES: Final = """
SELECT (SELECT count(*) FROM versions), (SELECT count(*) FROM alias_moves), (SELECT count(*) FROM decisions)"""
ALL_VERSIONS: Final = f"{_VERSIONS} ORDER BY versions.model, versions.number"
STANDING_LABELS: Final = """
SELECT versions.label FROM versions JOIN trained ON trained.label = versions.label
WHERE versions.model = :model AND (trained.parent IS NULL OR EXISTS (
    SELECT 1 FROM aliases WHERE aliases.model = versions.model AND aliases.number = versions.number))"""
DANGLING_ALIASES: Final = """
SELECT aliases.model, aliases.alias, aliases.number FROM aliases
LEFT JOIN versions ON versions.model = aliases.model AND versions.number = aliases.number
WHERE versions.number IS NULL ORDER BY aliases.model, aliases.alias"""
DANGLING_VERSIONS: Final = """
SELECT versions.model, versions.number, versions.label FROM versions
LEFT JOIN trained ON trained.label = versions.label
WHERE trained.label IS NULL ORDER BY versions.model, versions.number"""
ARTIFACTS: Final = """
SELECT named.digest, min(named.label), min(named.size_bytes) FROM (
    SELECT artifact AS digest, label, size_bytes FROM trained
    UNION ALL SELECT digest, label, size_bytes FROM kept_files) AS named
GROUP BY named.digest ORDER BY named.digest"""
KEEP_FILE: Final = """
INSERT INTO kept_files (label, kind, name, digest, size_bytes) VALUES (:label, :kind, :name, :digest, :size)
ON CONFLICT (label, kind, name) DO NOTHING"""
KEPT_FILES: Final = """
SELECT kind, name, digest, size_bytes FROM kept_files WHERE label = :label ORDER BY kind, name"""
FORGET_FILES: Final = "DELETE FROM kept_files WHERE label IN (:labels)"
KEEPING: Final = "SELECT DISTINCT label FROM kept_files WHERE kind = :kind AND digest IN (:digests)"
LOG_VALUE: Final = """
INSERT INTO logged_values (label, metric, step, value) VALUES (:label, :metric, :step, :value)
ON CONFLICT (label, metric, step) DO NOTHING"""
LOGGED_VALUES: Final = """
SELECT metric, step, value FROM logged_values WHERE label = :label ORDER BY metric, step"""
TAG: Final = """
INSERT INTO version_tags (model, number, tag, value, tagged_at) VALUES (:model, :number, :tag, :value, :now)
ON CONFLICT (model, number, tag) DO UPDATE SET value = excluded.value, tagged_at = excluded.tagged_at"""
UNTAG: Final = "DELETE FROM version_tags WHERE model = :model AND number = :number AND tag = :tag RETURNING tag"
TAGS: Final = "SELECT number, tag, value FROM version_tags WHERE model = :model ORDER BY number, tag"
DECIDE: Final = """
INSERT INTO decisions (model, number, revision, steps, decided_at, decided_by, reason)
VALUES (:model, :number, :revision, :steps, :now, :by, :reason)"""
DECISIONS: Final = """
SELECT model, number, revision, steps, decided_at, decided_by, reason FROM decisions
WHERE model = :model AND number = :number ORDER BY revision"""
_IN_FORCE: Final = """
SELECT model, number, revision, steps FROM decisions
WHERE revision = (SELECT max(newer.revision) FROM decisions AS newer
    WHERE newer.model = decisions.model AND newer.number = decisions.number)"""
ALL_IN_FORCE: Final = _IN_FORCE
IN_FORCE: Final = f"{_IN_FORCE} AND model = :model"
PARENT: Final = """
SELECT versions.number FROM trained JOIN versions ON versions.label = trained.parent
WHERE trained.label = :label AND versions.model = :model"""
MARK: Final = """
INSERT INTO marks (label, reason, marked_by, marked_at) VALUES (:label, :reason, :by, :now)
ON CONFLICT (label) DO NOTHING RETURNING label"""
UNMARK: Final = "DELETE FROM marks WHERE label = :label RETURNING label"
ALIASES: Final = "SELECT alias, number FROM aliases WHERE model = :model ORDER BY alias"
ALL_ALIASES: Final = "SELECT model, alias, number FROM aliases ORDER BY model, alias"

ALIAS: Final = "SELECT number FROM aliases WHERE model = :model AND alias = :alias"
PUT_ALIAS: Final = """
INSERT INTO aliases (model, alias, number, moved_at) VALUES (:model, :alias, :number, :now)
ON CONFLICT (model, alias) DO UPDATE SET number = excluded.number, moved_at = excluded.moved_at"""
PUT_MOVE: Final = """
INSERT INTO alias_moves (model, alias, from_number, to_number, moved_at, moved_by, action, reason, evidence)
VALUES (:model, :alias, :from_number, :to_number, :now, :by, :action, :reason, :evidence)"""
REMOVE_ALIAS: Final = "DELETE FROM aliases WHERE model = :model AND alias = :alias"
RESERVED_ALIASES: Final = """
SELECT model, alias, number FROM aliases WHERE alias IN ('best', 'proposed') ORDER BY model, alias"""
MOVES: Final = """
SELECT model, alias, from_number, to_number, moved_at, moved_by, action, reason, evidence FROM alias_moves
WHERE model = :model AND (:alias = '' OR alias = :alias) ORDER BY id"""
