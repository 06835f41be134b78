"""How far spools are behind, as Prometheus reads it."""

from argosy.predictions.held import Held
from argosy.predictions.spools import SILENT_SECONDS, Spools
from argosy.serving.spool_gauges import SpoolGauges
from stored.spools import age_spools


def shown(gauges):
    gauges.poll()
    return {sample.name: sample.value for family in gauges.collect() for sample in family.samples}


def test_gauges_show_each_spool_until_it_is_forgotten(database, tmp_path):
    spools, gauges = Spools(database), SpoolGauges(database)
    assert shown(gauges) == {}
    name = spools.enter(tmp_path / "spool")
    spools.see(name, tmp_path / "spool", Held(7, 5.0))
    found = shown(gauges)
    assert (found["argosy_spool_waiting"], found["argosy_spool_waiting_seconds"]) == (7.0, 5.0)
    assert found["argosy_spool_erasures"] == 0.0
    age_spools(database, SILENT_SECONDS + 1)
    assert shown(gauges)["argosy_spool_seen_seconds"] > SILENT_SECONDS
    spools.forget(name)
    assert shown(gauges) == {}
