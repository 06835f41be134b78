"""kill -9 of joiners of outcomes at random moments; the long form is in tests/proof."""

from proof_outcomes import outcome_storm

KILLS = 8


def test_each_outcome_is_joined_once_when_joiners_are_killed(tmp_path):
    found = outcome_storm(tmp_path, KILLS, 7)
    assert found["joined"] > 0
    assert found["never asked about"] > 0
    assert found["otherwise"] > 0
