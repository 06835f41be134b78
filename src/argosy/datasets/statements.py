"""The SQL of examples and datasets."""

from __future__ import annotations

# --- staging: rows wait in a scratch store, sealed, until one transaction takes them all

CREATE_STAGED = """
    CREATE TABLE scratch.staged (
        n INTEGER PRIMARY KEY, last_n INTEGER, votes INTEGER NOT NULL, revision INTEGER NOT NULL,
        is_current INTEGER NOT NULL, example_id BLOB NOT NULL, content_hash BLOB NOT NULL, subject_hash BLOB,
        origin BLOB, label TEXT NOT NULL, seen_at REAL NOT NULL, source TEXT NOT NULL, split TEXT,
        sealed BLOB NOT NULL, is_dated INTEGER NOT NULL)"""
STAGE = """
    INSERT INTO staged VALUES (:n, NULL, 1, 1, 1, :example_id, :content_hash, :subject_hash, :origin, :label, :seen_at,
        :source, :split, :sealed, :is_dated)"""
INDEX_STAGED = "CREATE INDEX scratch.staged_by_content ON staged (content_hash)"
DROP_CONTESTED = "DROP TABLE scratch.contested"
CREATE_CONTESTED = """
    CREATE TABLE scratch.contested AS
    SELECT content_hash FROM staged GROUP BY content_hash HAVING count(*) > 1"""
CREATE_FOLDED = """
    CREATE TABLE scratch.folded AS
    SELECT min(n) AS n, max(n) AS last_n, count(*) AS votes, max(seen_at) AS seen_at FROM staged
    WHERE content_hash IN (SELECT content_hash FROM contested) GROUP BY content_hash, label, subject_hash"""
INDEX_FOLDED = "CREATE UNIQUE INDEX scratch.folded_by_n ON folded (n)"
DELETE_FOLDED = """
    DELETE FROM staged WHERE content_hash IN (SELECT content_hash FROM contested) AND n NOT IN (SELECT n FROM folded)"""
UPDATE_FOLDED = """
    UPDATE staged SET last_n = folded.last_n, votes = folded.votes, seen_at = folded.seen_at
    FROM folded WHERE staged.n = folded.n AND folded.votes > 1"""
COUNT_STAGED = "SELECT count(*) FROM staged"
STAGED_LABELS = "SELECT label, count(*) FROM staged GROUP BY label"
RESPELL_STAGED = "UPDATE staged SET label = :to WHERE label = :label"

# --- taking them

CREATE_STORED = "CREATE TABLE scratch.stored (content_hash BLOB PRIMARY KEY, label TEXT, subject_hash BLOB)"
PUT_STORED = """
    INSERT INTO stored (content_hash, label, subject_hash) VALUES (:content_hash, :label, :subject_hash)"""
STAGED_HASHES = "SELECT DISTINCT content_hash FROM staged"
STORED_AMONG = """
    SELECT content_hash, label, subject_hash FROM examples
    WHERE collection = :collection AND content_hash IN (:hashes) AND is_current = 1"""
DELETE_KNOWN = """
    DELETE FROM staged WHERE content_hash NOT IN (SELECT content_hash FROM contested) AND EXISTS (
        SELECT 1 FROM stored
        WHERE stored.content_hash = staged.content_hash AND stored.label = staged.label
        AND (staged.subject_hash IS NULL OR staged.subject_hash = stored.subject_hash))"""
HAS_EXAMPLES = "SELECT 1 FROM examples WHERE collection = :collection LIMIT 1"
CONTEST_STORED = """
    INSERT INTO contested SELECT staged.content_hash FROM staged JOIN stored
    ON stored.content_hash = staged.content_hash"""
CONTESTED = """
    SELECT DISTINCT content_hash FROM contested WHERE content_hash > :after ORDER BY content_hash LIMIT 1000"""
STAGED_OF = """
    SELECT n, coalesce(last_n, n), votes, label, seen_at, subject_hash, is_dated, example_id FROM staged
    WHERE content_hash = :content_hash"""
STORED_OF = """
    SELECT revision, label, seen_at, subject_hash, origin IS NOT NULL, example_id FROM examples
    WHERE collection = :collection AND content_hash = :content_hash ORDER BY revision"""
SEALED_OF = "SELECT sealed FROM staged WHERE n = :n"
DELETE_STAGED = "DELETE FROM staged WHERE n = :n"
REVISE_STAGED = """
    UPDATE staged SET example_id = :example_id, revision = :revision, is_current = :is_current, sealed = :sealed
    WHERE n = :n"""
RETIRE = """
    UPDATE examples SET is_current = 0
    WHERE collection = :collection AND content_hash = :content_hash AND is_current = 1"""
TAKEN = (
    *("collection", "example_id", "revision", "is_current", "content_hash", "subject_hash", "origin", "label"),
    *("seen_at", "source", "split", "sealed", "added_at", "import_id"),
)
ALL_STAGED = """
    SELECT :collection, example_id, revision, is_current, content_hash, subject_hash, origin, label,
        seen_at, source, split, sealed, :added_at, :import_id FROM staged ORDER BY n"""

# --- reading

COLLECTIONS = "SELECT collection, count(*) FROM examples WHERE is_current = 1 GROUP BY collection ORDER BY collection"
COUNTS = """
    SELECT label, source, split, count(*), min(seen_at), max(seen_at) FROM examples
    WHERE collection = :collection AND is_current = 1 GROUP BY label, source, split
    ORDER BY label NULLS FIRST, source, split NULLS FIRST"""
LABELS = """
    SELECT DISTINCT label FROM examples WHERE collection = :collection AND is_current = 1 AND label IS NOT NULL"""
THERE = "SELECT DISTINCT example_id FROM examples WHERE example_id IN (:ids)"
COUNTED_LABELS = """
    SELECT label, count(*) FROM examples
    WHERE collection = :collection AND is_current = 1 AND label IS NOT NULL GROUP BY label"""
REVISIONS = "SELECT count(*) FROM examples WHERE collection = :collection"
EXPORT = """
    SELECT revision_id, example_id, revision, label, seen_at, source, split, origin, sealed FROM examples
    WHERE collection = :collection AND is_current = 1 AND revision_id > :after ORDER BY revision_id LIMIT 2000"""
SHOW = """
    SELECT collection, example_id, revision, label, seen_at, source, split, origin, sealed FROM examples
    WHERE example_id = :example_id ORDER BY revision"""
CANDIDATES = """
    SELECT revision_id, example_id, revision, seen_at, label, split FROM examples
    WHERE collection = :collection AND is_current = 1 AND label IS NOT NULL
    AND seen_at >= :start AND seen_at < :end ORDER BY revision_id"""
SEALED_BETWEEN = """
    SELECT revision_id, example_id, revision, label, sealed FROM examples
    WHERE revision_id BETWEEN :first AND :last AND collection = :collection ORDER BY revision_id"""

# --- erasing

SUBJECT_ROWS = """
    SELECT revision_id, content_hash FROM examples WHERE collection = :collection AND content_hash IN (
        SELECT content_hash FROM examples WHERE collection = :collection AND subject_hash = :subject_hash)"""
ERASE = "DELETE FROM examples WHERE revision_id = :revision_id"
NOTE_ERASURE = "INSERT INTO erasures (erased_at) VALUES (:now)"
ERASURES = "SELECT count(*) FROM erasures"

# --- datasets

DATASETS = "SELECT digest, members FROM datasets WHERE collection = :collection"
COLLECTIONS_OF = "SELECT DISTINCT collection FROM datasets WHERE digest IN (:digests)"
DATASET = "SELECT collection, cut, members, row_count, counts, frozen_at FROM datasets WHERE digest = :digest"
DATASETS_LIKE = "SELECT digest, collection FROM datasets WHERE digest LIKE :digest ORDER BY digest LIMIT 2"
FREEZE = """
    INSERT INTO datasets (digest, collection, cut, members, row_count, counts, frozen_at)
    VALUES (:digest, :collection, :cut, :members, :row_count, :counts, :frozen_at) ON CONFLICT (digest) DO NOTHING"""
SPANS = """
    SELECT collection, count(*), min(seen_at), max(seen_at) FROM examples
    WHERE is_current = 1 GROUP BY collection ORDER BY collection"""
