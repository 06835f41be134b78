"""The SQL of the queue. Every statement that settles a lease checks its fencing token."""

from __future__ import annotations

from typing import Final

from argosy.jobs.job import COLUMNS

SUBMIT: Final = """
INSERT INTO jobs (kind, label, payload, requires, priority, fit, state, submitted_at)
VALUES (:kind, :label, :payload, :requires, :priority, :fit, 'queued', :now)
ON CONFLICT (label) DO UPDATE SET
    kind = excluded.kind, priority = excluded.priority, fit = excluded.fit, payload = excluded.payload,
    requires = excluded.requires, state = 'queued', owner = NULL, lease_until = NULL, not_before = 0, failures = 0,
    losses = 0, result = NULL, error = NULL, traceback = NULL, submitted_at = excluded.submitted_at,
    started_at = NULL, finished_at = NULL
WHERE jobs.state IN ('failed', 'cancelled')
RETURNING id"""

BY_LABEL: Final = f"SELECT {COLUMNS} FROM jobs WHERE label = :label"  # noqa: S608  # our own column list
FORGET: Final = "DELETE FROM jobs WHERE label = :label AND state NOT IN ('queued', 'running') RETURNING id"
OPEN_PAYLOAD: Final = "SELECT payload FROM jobs WHERE label = :label AND state IN ('queued', 'running')"
SET_PAYLOAD: Final = "UPDATE jobs SET payload = :payload WHERE label = :label"
RUNNING_AMONG: Final = f"SELECT {COLUMNS} FROM jobs WHERE state = 'running' AND id IN (:ids)"  # noqa: S608
IS_ANY_QUEUED: Final = "SELECT id FROM jobs WHERE state = 'queued' LIMIT 1"
IS_ANY_RUNNING: Final = "SELECT id FROM jobs WHERE state = 'running' LIMIT 1"
STATES: Final = "SELECT label, state FROM jobs WHERE kind = :kind AND label IN (:labels)"
UNDER_WAY: Final = "SELECT label, payload FROM jobs WHERE kind = :kind AND state IN ('queued', 'running') ORDER BY id"
FORGET_DONE: Final = "DELETE FROM jobs WHERE kind = :kind AND state = 'done'"
SHOWN: Final = f"""
SELECT {COLUMNS} FROM jobs
WHERE (:kind = '' OR kind = :kind) AND (:state = '' OR state = :state)
ORDER BY CASE state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 WHEN 'failed' THEN 2 ELSE 3 END, id DESC
LIMIT :most"""  # noqa: S608
COUNTS: Final = "SELECT state, count(*) FROM jobs WHERE :kind = '' OR kind = :kind GROUP BY state"
LISTED: Final = f"""
SELECT {COLUMNS} FROM jobs
WHERE (:kind = '' OR kind = :kind) AND (:state = '' OR state = :state) ORDER BY id"""  # noqa: S608

# a delay that ends later than any that is ever given was set by a clock that has been put back since
_READY = f"""
SELECT {COLUMNS} FROM jobs
WHERE state = 'queued' AND kind = :kind AND (not_before <= :now OR not_before > :now + :longest)
    AND requires NOT IN (:refused) AND id NOT IN (:passed)"""  # noqa: S608
_FIRST = " ORDER BY priority DESC, submitted_at, id LIMIT 1"
READY: Final = _READY + _FIRST
READY_OF_FIT: Final = _READY + " AND fit = :fit" + _FIRST
TO_CLAIM: Final = " /* FOR UPDATE SKIP LOCKED */"
HOLD_READY: Final = f"SELECT {COLUMNS} FROM jobs WHERE id = :id AND state = 'queued'{TO_CLAIM}"  # noqa: S608
LEASE: Final = f"""
UPDATE jobs SET state = 'running', token = token + 1, owner = :owner, lease_until = :until, lease_seconds = :seconds,
    started_at = :now
WHERE id = :id AND state = 'queued'
RETURNING {COLUMNS}"""  # noqa: S608

_HELD = "WHERE id = :id AND token = :token AND state = 'running' RETURNING id"

IS_HELD: Final = "SELECT id FROM jobs WHERE id = :id AND token = :token AND state = 'running'"
HEARTBEAT: Final = f"UPDATE jobs SET lease_until = :until {_HELD}"  # noqa: S608
HOLD: Final = IS_HELD + " /* FOR UPDATE */"
FINISH: Final = f"""
UPDATE jobs SET state = 'done', result = :result, error = NULL, traceback = NULL, lease_until = NULL,
    finished_at = :now {_HELD}"""  # noqa: S608
FAIL: Final = f"""
UPDATE jobs SET state = 'failed', failures = failures + 1, error = :error, traceback = :traceback,
    lease_until = NULL, finished_at = :now {_HELD}"""  # noqa: S608
RETRY: Final = f"""
UPDATE jobs SET state = 'queued', failures = failures + 1, error = :error, traceback = :traceback, owner = NULL,
    lease_until = NULL, started_at = NULL, not_before = :at {_HELD}"""  # noqa: S608
PUT_OFF: Final = f"""
UPDATE jobs SET state = 'queued', error = :error, owner = NULL, lease_until = NULL, started_at = NULL,
    not_before = :at {_HELD}"""  # noqa: S608
LOSE_LEASED: Final = f"""
UPDATE jobs SET state = 'queued', losses = losses + 1, error = :error, owner = NULL, lease_until = NULL,
    started_at = NULL, not_before = :at {_HELD}"""  # noqa: S608
GIVE_UP_LEASED: Final = f"""
UPDATE jobs SET state = 'failed', losses = losses + 1, error = :error, traceback = NULL, lease_until = NULL,
    finished_at = :now {_HELD}"""  # noqa: S608
RELEASE: Final = f"""
UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, started_at = NULL, not_before = 0
    {_HELD}"""  # noqa: S608
GIVE_BACK: Final = """
UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, started_at = NULL
WHERE owner = :owner AND state = 'running' RETURNING label"""

UNREADABLE: Final = """
UPDATE jobs SET state = 'failed', error = :error, traceback = NULL, owner = NULL, lease_until = NULL, finished_at = :now
WHERE id = :id AND state = 'queued' RETURNING id"""
CANCEL: Final = """
UPDATE jobs SET state = 'cancelled', owner = NULL, lease_until = NULL, finished_at = :now
WHERE label = :label AND state IN ('queued', 'running') RETURNING id"""

TO_RECONCILE: Final = """
SELECT id, kind, label, lease_until, lease_seconds, losses FROM jobs
WHERE state = 'running' AND (lease_until < :now OR lease_until > :now + lease_seconds + :slack)"""
SHORTEN: Final = "UPDATE jobs SET lease_until = :now + lease_seconds WHERE id = :id"
LOSE: Final = """
UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, started_at = NULL, losses = losses + 1,
    not_before = 0 WHERE id = :id"""
GIVE_UP: Final = """
UPDATE jobs SET state = 'failed', owner = NULL, lease_until = NULL, losses = losses + 1, error = :error,
    finished_at = :now WHERE id = :id"""

PUT_PLAN: Final = """
INSERT INTO plans (name, source, submitted_at) VALUES (:name, :source, :now)
ON CONFLICT (name) DO UPDATE SET source = excluded.source, submitted_at = excluded.submitted_at, cancelled_at = NULL,
    stopped = NULL"""
GET_PLAN: Final = "SELECT name, source, submitted_at, cancelled_at, stopped FROM plans WHERE name = :plan"
PLAN_NAMES: Final = "SELECT name FROM plans ORDER BY name"
CANCEL_PLAN: Final = "UPDATE plans SET cancelled_at = :now WHERE name = :plan"
STOP_PLAN: Final = "UPDATE plans SET stopped = :because WHERE name = :plan"
KEEP_PLAN: Final = """
INSERT INTO replaced_plans (plan, source, submitted_at, replaced_at)
VALUES (:plan, :source, :submitted_at, :now) RETURNING id"""
KEEP_PLAN_JOB: Final = "INSERT INTO replaced_plan_jobs (replaced, label) VALUES (:replaced, :label)"
REPLACED_PLANS: Final = """
SELECT id, source, submitted_at, replaced_at FROM replaced_plans WHERE plan = :plan ORDER BY id DESC LIMIT :most"""
REPLACED_PLAN_JOBS: Final = "SELECT label FROM replaced_plan_jobs WHERE replaced = :replaced"
REPLACED_LABELS: Final = """
SELECT DISTINCT label FROM replaced_plan_jobs JOIN replaced_plans ON replaced_plans.id = replaced_plan_jobs.replaced
WHERE plan = :plan AND label NOT IN (SELECT label FROM plan_jobs WHERE plan = :plan)"""
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
OPEN_ELSEWHERE: Final = """
SELECT mine.label, other.plan FROM plan_jobs AS mine
JOIN jobs ON jobs.label = mine.label AND jobs.state IN ('queued', 'running')
JOIN plan_jobs AS other ON other.label = mine.label AND other.plan <> :plan
JOIN plans ON plans.name = other.plan AND plans.cancelled_at IS NULL
WHERE mine.plan = :plan ORDER BY mine.label, other.plan"""
PLAN_LABELS: Final = f"""
SELECT plan_jobs.label, {", ".join("jobs." + name for name in COLUMNS.split(", "))}
FROM plan_jobs LEFT JOIN jobs ON jobs.label = plan_jobs.label
WHERE plan = :plan ORDER BY jobs.id NULLS FIRST, plan_jobs.label"""  # noqa: S608
OWN_LABELS: Final = "SELECT label FROM plan_jobs WHERE plan = :plan AND is_added = 0"

WORKERS: Final = """
SELECT name, host, pid, run_by, version, plugins, workers.started_at AS begun, seen_at, is_draining, jobs.label,
    jobs.started_at
FROM workers LEFT JOIN jobs ON jobs.owner = workers.name AND jobs.state = 'running'
ORDER BY begun, name"""
WORKER_NAMES: Final = "SELECT name FROM workers ORDER BY started_at, name"
SEE_WORKER: Final = """
INSERT INTO workers (name, host, pid, run_by, version, plugins, started_at, seen_at)
VALUES (:name, :host, :pid, :run_by, :version, :plugins, :now, :now)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"""
IS_DRAINING: Final = "SELECT is_draining FROM workers WHERE name = :name"
ASKED_AT_ONCE: Final = "SELECT name FROM workers WHERE name IN (:names) AND is_draining = :how"
DRAIN_WORKER: Final = "UPDATE workers SET is_draining = :how WHERE name = :name AND is_draining < :how"
REMOVE_WORKER: Final = "DELETE FROM workers WHERE name = :name"
FORGET_WORKERS: Final = "DELETE FROM workers WHERE seen_at < :before"

_DUTY_IS_TAKEN = """(
    (due_at > :now AND due_at <= :latest_due) OR (taken_until >= :now AND taken_until <= :latest_until))"""
IS_DUTY_TAKEN: Final = f"SELECT name FROM duties WHERE name = :name AND {_DUTY_IS_TAKEN}"  # noqa: S608
PUT_DUTY: Final = """
INSERT INTO duties (name, due_at, taken_by, taken_until, token) VALUES (:name, 0, '', 0, 0) ON CONFLICT DO NOTHING"""
TAKE_DUTY: Final = f"""
UPDATE duties SET due_at = :due, taken_by = :owner, taken_until = :until, token = token + 1
WHERE name = :name AND NOT {_DUTY_IS_TAKEN} RETURNING token"""  # noqa: S608
CONFIRM_DUTY: Final = "UPDATE duties SET taken_until = :until WHERE name = :name AND token = :token RETURNING name"
LEAVE_DUTY: Final = "UPDATE duties SET taken_by = '', taken_until = 0 WHERE name = :name AND token = :token"
