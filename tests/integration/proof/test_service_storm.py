"""kill -9 of servers with a service at random moments; the long form is in tests/proof."""

from proof_services import service_storm


def test_each_decision_that_was_told_is_logged_once_when_servers_are_killed(ground):
    found = service_storm(ground(2), 4, 7)
    assert found["told"] > 0
