"""Checks for drift: live answers counted, compared with the test part, and the result kept.

It may be done again after a crash: counting and keeping bear repetition. Needs the keys of predictions and examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from argosy.backends import Backends
from argosy.database import Database
from argosy.error_messages import message_of
from argosy.errors import (
    ArtifactCorrupt,
    ArtifactNotFound,
    DatasetInvalid,
    ExtraMissing,
    PluginNotFound,
    VersionNotFound,
)
from argosy.evaluation.drift import compare_profiles
from argosy.evaluation.drift_references import Reference, References
from argosy.evaluation.drift_windows import Window, closed_window, live_window
from argosy.evaluation.input_profile import input_profile
from argosy.predictions.drift_checks import CLOSED, LIVE, DriftCheck, replace_drift_checks
from argosy.predictions.live_profiles import HORIZON_HOURS, HOUR, HourProfile, LiveProfiles, summed_profile
from argosy.predictions.log import PredictionLog
from argosy.predictions.profiles import NUMBER
from argosy.statistics.shifts import Moments
from argosy.store.store import Store
from argosy.types import Input
from argosy.vault import Vault

ANSWERS_AT_ONCE: Final = 100_000
UNREADABLE: Final = (
    ArtifactCorrupt,
    ArtifactNotFound,
    DatasetInvalid,
    ExtraMissing,
    PluginNotFound,
    VersionNotFound,
)
"""Why one version may have no reference, while the others do."""


@dataclass(frozen=True)
class Counted:
    """A model's live answers by hour, the references of those versions that have one, and why others have none.

    All hours from `since` on are counted, and those before are left out; minus infinity where none is left to count.
    """

    hours: Sequence[HourProfile]
    references: dict[int, Reference]
    problems: dict[int, str]
    changed: int
    since: float = -math.inf

    @property
    def is_complete(self) -> bool:
        return self.since == -math.inf


class DriftChecker:
    """Checks for drift, here and now."""

    def __init__(self, database: Database, vault: Vault, store: Store, log: PredictionLog) -> None:
        self._database, self._store = database, store
        self._references, self._live = References(database, vault, store), LiveProfiles(database, log)

    @classmethod
    def of(cls, backends: Backends) -> Self:
        """Those of a project, whose plug-ins are loaded."""
        backends.load_plugins()
        return cls(backends.database, backends.vault, backends.store, backends.prediction_log)

    def check(self, model: str, window_hours: int) -> Counted:
        """Count, compare and keep, here and now: at most ANSWERS_AT_ONCE, and those of the hour in which they end.

        A window that is not counted from its beginning is not compared; what was kept of it stays.
        """
        with self._database.read() as transaction:
            now = transaction.now()
        counted = self.count(model, now, ANSWERS_AT_ONCE)
        found = self.checks(model, counted, now, window_hours)
        with self._database.write() as transaction:
            replace_drift_checks(transaction, model, found, _whole_windows(counted, now, window_hours))
        return counted

    def count(self, model: str, now: float, answers: float = math.inf) -> Counted:
        """Bring the hours up to date, the newest first, until so many answers were counted.

        Raises ModelNotFound, KeyUnavailable.
        """
        labels = {version.number: version.label for version in self._store.versions(model)}
        references: dict[int, Reference] = {}
        problems: dict[int, str] = {}

        def reference(version: int) -> Reference | None:
            if version not in references and version not in problems:
                try:
                    references[version] = self._references.of(labels.get(version, ""))
                except UNREADABLE as problem:
                    problems[version] = message_of(problem)
            return references.get(version)

        def measure(version: int, inputs: Sequence[Input]) -> dict[str, Moments]:
            found = reference(version)
            return input_profile(inputs, found.known, found.profile.means) if found else {}

        def are_numbers(version: int) -> bool:
            found = reference(version)
            return found is not None and NUMBER in found.profile.means

        done = self._live.count(model, now, measure, answers, are_numbers)
        hours = self._live.hours(model, max(now - HORIZON_HOURS * HOUR, done.since))
        for version in {one.version for one in hours}:
            reference(version)
        return Counted(hours, references, problems, done.changed, done.since)

    @staticmethod
    def checks(model: str, counted: Counted, now: float, window_hours: int) -> list[DriftCheck]:
        """What each version did in the newest window, and in the last fixed one that is over."""
        windows = _whole_windows(counted, now, window_hours)
        found = []
        for version, reference in counted.references.items():
            for name, (start, end) in windows.items():
                live = summed_profile(counted.hours, version, start, end)
                if live.rows and reference.profile.rows:
                    compared = compare_profiles(reference.profile, live)
                    found.append(DriftCheck(model, version, name, start, end, now, compared))
        return found


def _whole_windows(counted: Counted, now: float, window_hours: int) -> dict[str, Window]:
    """By name, the windows of which every hour is counted."""
    windows = {LIVE: live_window(now, window_hours), CLOSED: closed_window(now, window_hours)}
    return {name: window for name, window in windows.items() if window[0] >= counted.since}
