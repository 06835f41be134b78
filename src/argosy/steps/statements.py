"""The SQL of steps."""

from __future__ import annotations

from typing import Final

COLUMNS: Final = "label, step, number, wanted, task, after, asked_at, worker, took, ended_at, output, output_bytes"

ADD: Final = """
INSERT INTO step_runs (label, step, number, wanted, task, after, asked_at)
VALUES (:label, :step, (SELECT coalesce(max(number), 0) + 1 FROM step_runs WHERE step = :step),
    (SELECT coalesce(max(wanted), 0) + 1 FROM step_runs WHERE step = :step), :task, :after, :now)"""
WANT: Final = """
UPDATE step_runs SET wanted = (SELECT max(wanted) + 1 FROM step_runs AS other WHERE other.step = step_runs.step)
WHERE label = :label"""
PUT_OUT: Final = """
UPDATE step_runs SET worker = :worker, took = :took, ended_at = :now, output = :output, output_bytes = :size
WHERE label = :label"""
RUN: Final = f"SELECT {COLUMNS} FROM step_runs WHERE label = :label"  # noqa: S608  # our own column list
RUNS: Final = f"""
SELECT {COLUMNS} FROM step_runs WHERE step = :step ORDER BY wanted DESC LIMIT :most"""  # noqa: S608
NUMBERED: Final = f"SELECT {COLUMNS} FROM step_runs WHERE step = :step AND number = :number"  # noqa: S608
NEWEST: Final = f"SELECT {COLUMNS} FROM step_runs WHERE step = :step ORDER BY wanted DESC LIMIT 1"  # noqa: S608
NEWEST_OUTPUT: Final = f"""
SELECT {COLUMNS} FROM step_runs WHERE step = :step AND output IS NOT NULL ORDER BY wanted DESC LIMIT 1"""  # noqa: S608
MAKERS: Final = f"SELECT {COLUMNS} FROM step_runs WHERE output IN (:digests) ORDER BY asked_at, label"  # noqa: S608
FOLLOWERS: Final = f"SELECT {COLUMNS} FROM step_runs WHERE label IN (:labels) ORDER BY asked_at, label"  # noqa: S608
LOOKED: Final = "SELECT label FROM step_looks WHERE step = :step AND place = :place"
LOOK: Final = """
INSERT INTO step_looks (step, place, label) VALUES (:step, :place, :label)
ON CONFLICT (step, place) DO UPDATE SET label = excluded.label"""
WITH_OUTPUT: Final = f"""
SELECT {COLUMNS} FROM step_runs WHERE step = :step AND output IS NOT NULL ORDER BY wanted DESC"""  # noqa: S608
LOOKED_AT: Final = "SELECT DISTINCT label FROM step_looks WHERE step = :step"
FORGET: Final = "DELETE FROM step_runs WHERE label IN (:labels)"
