"""When a trigger fires: pure decisions from what is known of it to a reason, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from argosy.definitions.cron import CronSchedule
from argosy.plurals import plural
from argosy.tuning.trigger_files import FileState, NotedFile, TriggerFile

AHEAD_SECONDS: Final = 86_400.0
"""Moments that were settled for longer than this from now were settled by a clock that has been put back since."""
LATE_SECONDS: Final = 120.0
"""From then on a reason says that it comes late."""
LISTED: Final = 3
"""Files that a reason names."""
GONE_WRONG: Final = "its import ended without a result: see 'argosy jobs list'; change the file to have it tried again"


def rows_reason(newer: int, every: int, collection: str) -> str:
    """Why so many newer rows submit a plan; empty: they do not."""
    return f"{every:,} new rows of '{collection}' or more" if newer >= every else ""


@dataclass(frozen=True)
class MomentDecision:
    """What a schedule asks for."""

    reason: str = ""
    """Empty: it does not fire."""
    settle_until: float | None = None
    """None: what is settled stays as it is."""


def moment_decision(schedule: CronSchedule, settled_until: float, now: float) -> MomentDecision:
    """It fires where a moment after the settled ones has come: once, however many of them were missed."""
    if settled_until > now + AHEAD_SECONDS:
        return MomentDecision(settle_until=now)
    due = schedule.after(settled_until)
    if due is None or due > now:
        return MomentDecision()
    late = f", {round((now - due) / 60):,} minutes late" if now - due >= LATE_SECONDS else ""
    return MomentDecision(f"{schedule.wall_clock(due)}{late}", now)


@dataclass(frozen=True)
class FileDecisions:
    """What a look at files asks for: what to note of each, and which to import now."""

    note: tuple[NotedFile, ...] = ()
    ready: tuple[TriggerFile, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return not self.note and not self.ready and not self.gone


def file_decisions(
    found: Iterable[TriggerFile], known: Mapping[str, NotedFile], refused: Mapping[str, str], is_under_way: bool
) -> FileDecisions:
    """What is new or has changed waits for the next look; what has not changed since the last one is imported.

    `refused`, by path, are those that may not be read, and why. While a job is under way that may be importing some,
    none begins.
    """
    note: list[NotedFile] = []
    ready: list[TriggerFile] = []
    there: set[str] = set()
    for file in found:
        there.add(file.path)
        before = known.get(file.path)
        is_same, why = before is not None and before.file == file, refused.get(file.path, "")
        if before is None or not is_same:
            note.append(NotedFile(file, FileState.BROKEN if why else FileState.SEEN, why))
        elif before.state is FileState.SEEN and not is_under_way:
            ready.append(file)
        elif before.state in (FileState.QUEUED, FileState.READING) and not is_under_way:
            note.append(NotedFile(file, FileState.BROKEN, GONE_WRONG))
    gone = tuple(path for path in known if path not in there)
    return FileDecisions(tuple(note), tuple(ready), gone)


def files_reason(files: Iterable[TriggerFile]) -> str:
    """`3 files: a.csv, b.csv, c.csv`."""
    paths = [file.path for file in files]
    more = f" and {len(paths) - LISTED:,} more" if len(paths) > LISTED else ""
    return f"{plural(len(paths), 'file')}: {', '.join(paths[:LISTED])}{more}"
