"""The SQL of the queue. Every statement that settles a lease checks its fencing token."""

from __future__ import annotations

from typing import Final

from argosy.jobs.job import COLUMNS

SUBMIT: Final = """
INSERT INTO jobs (kind, label, payload, requires, goes_first, state, submitted_at, published_at)
VALUES (:kind, :label, :payload, :requires, :goes_first, 'queued', :now, :now)
ON CONFLICT (label) DO UPDATE SET
    kind = excluded.kind, goes_first = excluded.goes_first, payload = excluded.payload, requires = excluded.requires,
    state = 'queued', owner = NULL, lease_until = NULL, not_before = 0, failures = 0, losses = 0, result = NULL,
    error = NULL, traceback = NULL, submitted_at = excluded.submitted_at, published_at = excluded.published_at,
    started_at = NULL, finished_at = NULL
WHERE jobs.state IN ('failed', 'cancelled')
RETURNING id"""

BY_ID: Final = f"SELECT {COLUMNS} FROM jobs WHERE id = :job"  # noqa: S608  # our own column list
BY_LABEL: Final = f"SELECT {COLUMNS} FROM jobs WHERE label = :job"  # noqa: S608
FIRST_IN_LINE: Final = """
SELECT id FROM jobs WHERE state = 'queued' AND goes_first = 1 AND kind <> :resting AND not_before <= :now
ORDER BY id LIMIT 1"""
# told in two halves, so that an index leads past a million jobs of the resting kind
OF_ANOTHER_KIND: Final = """
SELECT id FROM jobs WHERE state = 'queued' AND goes_first = 0 AND (kind < :resting OR kind > :resting)
    AND not_before <= :now ORDER BY id LIMIT 1"""
LISTED: Final = f"""
SELECT {COLUMNS} FROM jobs
WHERE (:kind = '' OR kind = :kind) AND (:state = '' OR state = :state) ORDER BY id"""  # noqa: S608

LEASE: Final = f"""
UPDATE jobs SET state = 'running', token = token + 1, owner = :owner, lease_until = :until, started_at = :now
WHERE id = :id AND state = 'queued' AND not_before <= :now
RETURNING {COLUMNS}"""  # noqa: S608

# published_at NULL asks the reconciler for a message as soon as not_before has passed
DEFER: Final = """
UPDATE jobs SET not_before = :at, published_at = CASE :spent WHEN 1 THEN NULL ELSE published_at END
WHERE id = :id AND state = 'queued'"""

_HELD = "WHERE id = :id AND token = :token AND state = 'running' RETURNING id"

HEARTBEAT: Final = f"UPDATE jobs SET lease_until = :until {_HELD}"  # noqa: S608
HOLD: Final = "SELECT id FROM jobs WHERE id = :id AND token = :token AND state = 'running'"
FINISH: Final = f"""
UPDATE jobs SET state = 'done', result = :result, error = NULL, traceback = NULL, lease_until = NULL,
    finished_at = :now {_HELD}"""  # noqa: S608
FAIL: Final = f"""
UPDATE jobs SET state = 'failed', failures = failures + 1, error = :error, traceback = :traceback,
    lease_until = NULL, finished_at = :now {_HELD}"""  # noqa: S608
RETRY: Final = f"""
UPDATE jobs SET state = 'queued', failures = failures + 1, error = :error, traceback = :traceback, owner = NULL,
    lease_until = NULL, started_at = NULL, not_before = :at, published_at = NULL {_HELD}"""  # noqa: S608
PUT_OFF: Final = f"""
UPDATE jobs SET state = 'queued', error = :error, owner = NULL, lease_until = NULL, started_at = NULL,
    not_before = :at, published_at = NULL {_HELD}"""  # noqa: S608
LOSE_LEASED: Final = f"""
UPDATE jobs SET state = 'queued', losses = losses + 1, error = :error, owner = NULL, lease_until = NULL,
    started_at = NULL, not_before = :at, published_at = NULL {_HELD}"""  # noqa: S608
GIVE_UP_LEASED: Final = f"""
UPDATE jobs SET state = 'failed', losses = losses + 1, error = :error, traceback = NULL, lease_until = NULL,
    finished_at = :now {_HELD}"""  # noqa: S608
RELEASE: Final = f"""
UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, started_at = NULL, not_before = 0,
    published_at = :now {_HELD}"""  # noqa: S608

UNREADABLE: Final = """
UPDATE jobs SET state = 'failed', error = :error, traceback = NULL, owner = NULL, lease_until = NULL, finished_at = :now
WHERE id = :id AND state = 'queued' RETURNING id"""
CANCEL: Final = """
UPDATE jobs SET state = 'cancelled', owner = NULL, lease_until = NULL, finished_at = :now
WHERE label = :label AND state IN ('queued', 'running') RETURNING id"""

TO_RECONCILE: Final = """
SELECT id, kind, label, state, lease_until, published_at, not_before, losses FROM jobs
WHERE (state = 'running' AND lease_until < :now)
   OR (state = 'queued' AND published_at IS NULL AND not_before <= :now)
   OR (state = 'queued' AND published_at < :stale)"""
LOSE: Final = """
UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, started_at = NULL, losses = losses + 1,
    not_before = 0, published_at = :now WHERE id = :id"""
GIVE_UP: Final = """
UPDATE jobs SET state = 'failed', owner = NULL, lease_until = NULL, losses = losses + 1, error = :error,
    finished_at = :now WHERE id = :id"""
PUBLISHED: Final = "UPDATE jobs SET published_at = :now WHERE id = :id"

PUT_PLAN: Final = """
INSERT INTO plans (name, source, submitted_at) VALUES (:name, :source, :now)
ON CONFLICT (name) DO UPDATE SET source = excluded.source, submitted_at = excluded.submitted_at, cancelled_at = NULL"""
GET_PLAN: Final = "SELECT name, source, submitted_at, cancelled_at FROM plans WHERE name = :plan"
PLAN_NAMES: Final = "SELECT name FROM plans ORDER BY name"
CANCEL_PLAN: Final = "UPDATE plans SET cancelled_at = :now WHERE name = :plan"
FORGET_PLAN_JOBS: Final = "DELETE FROM plan_jobs WHERE plan = :plan AND is_added = 0"
PUT_PLAN_JOB: Final = """
INSERT INTO plan_jobs (plan, label, is_added) VALUES (:plan, :label, :is_added) ON CONFLICT DO NOTHING"""
PLANS_OF: Final = """
SELECT plan FROM plan_jobs JOIN plans ON plans.name = plan_jobs.plan
WHERE label = :label AND (cancelled_at IS NULL OR is_added = 1) ORDER BY plan"""
ONLY_OF_PLAN: Final = """
SELECT label FROM plan_jobs AS mine WHERE plan = :plan AND is_added <= :is_added AND NOT EXISTS (
    SELECT 1 FROM plan_jobs AS other JOIN plans ON plans.name = other.plan
    WHERE other.label = mine.label AND other.plan <> :plan AND plans.cancelled_at IS NULL)
ORDER BY label"""
PLAN_LABELS: Final = f"""
SELECT plan_jobs.label, trained.label IS NOT NULL, {", ".join("jobs." + name for name in COLUMNS.split(", "))}
FROM plan_jobs LEFT JOIN jobs ON jobs.label = plan_jobs.label LEFT JOIN trained ON trained.label = plan_jobs.label
WHERE plan = :plan ORDER BY jobs.id, plan_jobs.label"""  # noqa: S608
