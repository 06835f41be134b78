"""Drift of a model's versions by hour or day, measured in a child process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from argosy.backends import Backends
from argosy.jobs.selection import resolve_version
from argosy.predictions.drift_checks import Drift
from argosy.statistics.shifts import Shift
from argosy.subprocess_tasks import run_task
from argosy.types import Progress

if TYPE_CHECKING:
    from argosy.evaluation.drift_checker import Counted


class Period(msgspec.Struct, frozen=True):
    """One version's answers in a stretch of time, compared with its test part."""

    version: int
    started_at: float
    ended_at: float
    drift: Drift


class Found(msgspec.Struct, frozen=True):
    """`periods` by version and time; `problems` say by version why it cannot be compared.

    `counted_since`: hours before then are not counted yet; None where none is left.
    """

    model: str
    periods: list[Period]
    problems: dict[int, str]
    counted_since: float | None = None


def measure_drift(backends: Backends, target: str, by: str = "", report_progress: Progress = lambda _: None) -> Found:
    """Check now, in a child process, and keep what was found; each version's periods, or those of one.

    `target` is MODEL, MODEL@VERSION or a label.

    Raises ModelNotFound, VersionNotFound, KeyUnavailable.
    """
    is_model = target in backends.store.models()
    wanted = None if is_model else resolve_version(backends.plans, target)
    model = wanted.model if wanted else target
    request = {"model": model, "version": wanted.number if wanted else None, "by": by}
    found = run_task(backends.root, "check_drift", request, report_progress=report_progress)
    return msgspec.convert(found, Found, str_keys=True)


def check_drift(backends: Backends, values: Mapping[str, Any], report_progress: Progress) -> Any:
    """In the child: a `Found` as JSON values."""
    from argosy.evaluation.drift_checker import DriftChecker

    report_progress("counting live answers")
    counted = DriftChecker.of(backends).check(values["model"], backends.settings.drift.window_hours)
    asked = values["version"]
    versions = [asked] if asked is not None else sorted({one.version for one in counted.hours})
    found = [period for version in versions for period in periods_of(counted, version, values["by"])]
    problems = {version: why for version, why in counted.problems.items() if version in versions}
    since = None if counted.is_complete else counted.since
    return msgspec.to_builtins(Found(values["model"], found, problems, since), str_keys=True)


def periods_of(counted: Counted, version: int, by: str = "") -> list[Period]:
    """A version's newest hours or days with answers in them; none where it has no reference."""
    from argosy.evaluation.drift import compare_profiles
    from argosy.evaluation.drift_windows import period_seconds, periods
    from argosy.predictions.live_profiles import summed_profile

    reference = counted.references.get(version)
    hours = [one for one in counted.hours if one.version == version]
    if reference is None or not reference.profile.rows:
        return []
    return [
        Period(version, start, end, compare_profiles(reference.profile, summed_profile(hours, version, start, end)))
        for start, end in periods(hours, period_seconds(hours, by))
        if start >= counted.since
    ]


ROW_COLUMNS = ("version", "started_at", "ended_at", "rows", "what", *Shift.__struct_fields__, "is_shown")
"""Of `drift_rows`, in their order."""


def drift_rows(found: Found) -> list[dict[str, Any]]:
    """One row for each period and thing compared."""
    return [
        {
            "version": period.version,
            "started_at": period.started_at,
            "ended_at": period.ended_at,
            "rows": period.drift.live_rows,
            "what": name,
            **msgspec.structs.asdict(shift),
            "is_shown": name in period.drift.shown(),
        }
        for period in found.periods
        for name, shift in period.drift.shifts.items()
    ]
