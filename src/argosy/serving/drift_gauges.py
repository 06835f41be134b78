"""Drift for Prometheus: the newest checks, read from the database by a thread every few seconds.

Requests do nothing for it, and no key is needed: anyone who has the keys made the checks (`argosy up`, `argosy drift`).
A database that is away changes nothing: the checks of before stay, with the time that they are of.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from argosy.errors import ArgosyError
from argosy.predictions.drift_checks import LIVE, DriftCheck, newest_drift_checks

if TYPE_CHECKING:
    from argosy.database import Database

POLL_SECONDS: Final = 5.0
BY_VERSION: Final = ("model", "version")
SHIFTS: Final = {
    "value": "Shift of live answers from the test part: a distance, or a difference of means.",
    "low": "The lower end of its 95 % interval.",
    "high": "The upper end of its 95 % interval.",
    "p_value": "Of a shift as large where nothing changed.",
    "size": "The share of rows that would have to be others.",
}


class DriftGauges(Collector):
    """`collect` belongs to the thread that scrapes; it reads what the thread has left."""

    def __init__(self, database: Database, poll_seconds: float = POLL_SECONDS) -> None:
        self._database, self._poll_seconds = database, poll_seconds
        self._checks: Sequence[DriftCheck] = ()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="argosy-drift", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def poll(self) -> None:
        """Read the checks once."""
        try:
            self._checks = newest_drift_checks(self._database, LIVE)
        except ArgosyError:  # the source says so already
            return

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

    def _run(self) -> None:
        self.poll()
        while not self._stop.wait(self._poll_seconds):
            self.poll()
