"""kill -9 of every kind of process at random moments; the long form is in tests/proof."""

from proof_storms import crash_storm

KILLS = {"worker": 3, "server": 1, "submitter": 1, "relay": 1, "drainer": 1}


def test_nothing_is_lost_when_processes_are_killed(ground):
    site = ground(12)
    found = crash_storm(site, KILLS, seed=7, worker=lambda: site.fork("work"))
    assert found["answered"] > 0
    assert found["corrections"] > 0
