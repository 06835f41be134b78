"""How far every server's spool is behind, for Prometheus: as each one's drainer has last said, and when that was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from prometheus_client.core import GaugeMetricFamily

from argosy.predictions.spools import Spools, SpoolStatus
from argosy.serving.polled_gauges import PolledGauges

if TYPE_CHECKING:
    from argosy.database import Database

LABELS: Final = ("spool", "host")
GAUGES: Final = {
    "waiting": ("waiting", "Predictions that are not in the database yet."),
    "waiting_seconds": ("waiting_seconds", "How old the oldest of them is."),
    "seen_seconds": ("seconds_silent", "Since its drainer last showed that it lives."),
    "erasures": ("erasures", "Erasures of subjects that it has not carried out yet."),
}


class SpoolGauges(PolledGauges):
    """Without those that a person has given up."""

    _spools: Sequence[SpoolStatus] = ()

    def read(self, database: Database) -> None:
        self._spools = [one for one in Spools(database).all() if not one.is_forgotten]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        spools = self._spools
        for name, (attribute, meaning) in GAUGES.items():
            family = GaugeMetricFamily(f"argosy_spool_{name}", meaning, labels=LABELS)
            for one in spools:
                family.add_metric((one.name, one.host), getattr(one, attribute))
            yield family
