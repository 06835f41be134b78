"""kill -9 of servers with a service, many times over."""

import pytest
from proof_services import service_storm


@pytest.mark.parametrize("processes", [1, 3])
def test_service_storm(ground, tell, seed, processes):
    found = service_storm(ground(2), 60, seed, processes)
    tell(found)
    assert found["told"] > 0
