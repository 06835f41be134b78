"""Two servers, workers, relays, reconcilers and submitters on one project; the long form is in tests/proof."""

from proof_storms import two_of_everything


def test_two_of_everything_do_each_thing_once(ground):
    found = two_of_everything(ground(20), seconds=2.0)
    assert found["answered"] > 0
    assert found["queued twice"] == 0
