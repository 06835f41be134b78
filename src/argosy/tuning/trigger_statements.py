"""The SQL of plans that are submitted by triggers."""

from __future__ import annotations

from typing import Final

PUT_TRIGGERED_PLAN: Final = """
INSERT INTO triggered_plans (plan, source) VALUES (:plan, :source)
ON CONFLICT (plan) DO UPDATE SET source = excluded.source"""
TRIGGERED_PLAN: Final = "SELECT source, paused_at FROM triggered_plans WHERE plan = :plan"
IS_ANY_TRIGGERED: Final = "SELECT plan FROM triggered_plans WHERE paused_at IS NULL LIMIT 1"
FORGET_TRIGGERED_PLAN: Final = "DELETE FROM triggered_plans WHERE plan = :plan RETURNING plan"
PAUSE: Final = "UPDATE triggered_plans SET paused_at = :now WHERE plan = :plan AND paused_at IS NULL RETURNING plan"
RESUME: Final = (
    "UPDATE triggered_plans SET paused_at = NULL WHERE plan = :plan AND paused_at IS NOT NULL RETURNING plan"
)

PUT_TRIGGER: Final = """
INSERT INTO plan_triggers (plan, name, place, written, newest_revision, settled_until, reason, submitted_by, problem)
VALUES (:plan, :name, :place, :written, 0, :now, '', '', '')
ON CONFLICT (plan, name) DO UPDATE SET place = excluded.place"""
TRIGGERS: Final = """
SELECT plan, name, written, newest_revision, settled_until, fired_at, reason, submitted_by, problem FROM plan_triggers
WHERE (:plan = '' OR plan = :plan) AND (:paused = 1 OR plan IN (
    SELECT plan FROM triggered_plans WHERE paused_at IS NULL)) ORDER BY plan, place"""
FORGET_TRIGGER: Final = "DELETE FROM plan_triggers WHERE plan = :plan AND name = :name"
SET_REVISION: Final = "UPDATE plan_triggers SET newest_revision = :revision WHERE plan = :plan AND name = :name"
SETTLE: Final = "UPDATE plan_triggers SET settled_until = :until WHERE plan = :plan AND name = :name"
FIRE: Final = "UPDATE plan_triggers SET fired_at = :now, reason = :reason WHERE plan = :plan AND name = :name"
SUBMITTED: Final = """
UPDATE plan_triggers SET submitted_by = :label WHERE plan = :plan AND name = :name AND submitted_by <> :label
RETURNING name"""
SET_PROBLEM: Final = "UPDATE plan_triggers SET problem = :problem WHERE plan = :plan AND name = :name"

_FILE: Final = "plan = :plan AND trigger_name = :name AND machine = :machine"
PUT_FILE: Final = """
INSERT INTO trigger_files (plan, trigger_name, machine, path, size, modified, state, seen_at, problem)
VALUES (:plan, :name, :machine, :path, :size, :modified, :state, :now, :problem)
ON CONFLICT (plan, trigger_name, machine, path) DO UPDATE SET
    size = excluded.size, modified = excluded.modified, state = excluded.state, seen_at = excluded.seen_at,
    problem = excluded.problem"""
FILES: Final = f"SELECT path, size, modified, state FROM trigger_files WHERE {_FILE} ORDER BY path"  # noqa: S608
FILE_STATES: Final = """
SELECT state, count(*) FROM trigger_files WHERE plan = :plan AND trigger_name = :name GROUP BY state"""
BROKEN_FILES: Final = """
SELECT machine, path, problem, seen_at FROM trigger_files
WHERE plan = :plan AND trigger_name = :name AND state = 'broken' ORDER BY seen_at DESC, path LIMIT :most"""
FORGET_FILES: Final = "DELETE FROM trigger_files WHERE plan = :plan AND trigger_name = :name"
STATE_OF_FILE: Final = f"""
SELECT state FROM trigger_files
WHERE {_FILE} AND path = :path AND size = :size AND modified = :modified"""  # noqa: S608
FORGET_FILE: Final = f"DELETE FROM trigger_files WHERE {_FILE} AND path = :path"  # noqa: S608
SET_FILE_STATE: Final = f"""
UPDATE trigger_files SET state = :state, problem = :problem, seen_at = :now
WHERE {_FILE} AND path = :path AND size = :size AND modified = :modified"""  # noqa: S608
