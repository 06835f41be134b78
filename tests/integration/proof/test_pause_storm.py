"""Workers suspended for longer than their lease; the long form is in tests/proof."""

from proof_storms import pause_storm


def test_a_worker_that_slept_through_its_lease_writes_nothing(ground):
    found = pause_storm(ground(12), pauses=4, seed=7)
    assert found["LeaseLost"] >= found["of these, jobs taken away"] > 0
