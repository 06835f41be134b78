"""Drift for Prometheus: the newest checks.

Requests do nothing for it, and no key is needed: anyone who has the keys made the checks (`argosy up`, `argosy drift`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from prometheus_client.core import GaugeMetricFamily

from argosy.predictions.drift_checks import LIVE, DriftCheck, newest_drift_checks
from argosy.serving.polled_gauges import PolledGauges

if TYPE_CHECKING:
    from argosy.database import Database

BY_VERSION: Final = ("model", "version")
SHIFTS: Final = {
    "value": "Shift of live answers from the test part: a distance, or a difference of means.",
    "low": "The lower end of its 95 % interval.",
    "high": "The upper end of its 95 % interval.",
    "p_value": "Of a shift as large where nothing changed.",
    "size": "The share of rows that would have to be others.",
}


class DriftGauges(PolledGauges):
    """The newest check of each version."""

    _checks: Sequence[DriftCheck] = ()

    def read(self, database: Database) -> None:
        self._checks = newest_drift_checks(database, LIVE)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        checks = self._checks
        for part, meaning in SHIFTS.items():
            family = GaugeMetricFamily(f"argosy_drift_{part}", meaning, labels=(*BY_VERSION, "of"))
            for check in checks:
                for name, shift in check.found.shifts.items():
                    family.add_metric((check.model, str(check.version), name), getattr(shift, part))
            yield family
        rows = GaugeMetricFamily("argosy_drift_rows", "Live answers that were compared.", labels=BY_VERSION)
        times = GaugeMetricFamily("argosy_drift_checked_at_seconds", "When, since 1970.", labels=BY_VERSION)
        for check in checks:
            rows.add_metric((check.model, str(check.version)), check.found.live_rows)
            times.add_metric((check.model, str(check.version)), check.checked_at)
        yield from (rows, times)
