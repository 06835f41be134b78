"""kill -9 of joiners of outcomes, many times over."""

from proof_outcomes import outcome_storm


def test_outcome_storm(tmp_path, tell, seed):
    found = outcome_storm(tmp_path, 100, seed)
    tell(found)
    assert min(found["joined"], found["otherwise"], found["never asked about"]) > 0
