"""The short form of the soak; `make proof` has the long one."""

import pytest
from soaking import WARM_ROUNDS, open_files, settled, soak

ROUNDS = 5
GROWTH_MEGABYTES = 20
"""From the first warm round to the last: a record or an answer that stays would be more in the long form."""


@pytest.fixture
def over_all(project, running):
    versions = [project.train(), project.train(model="svm")]
    project.promote(versions[0])
    server = running(project, grpc=True)
    yield server, versions
    server.close()


def test_nothing_grows_and_nothing_is_lost(over_all):
    server, versions = over_all
    before = open_files(server.process.pid)
    found = soak(server, versions, lambda rounds: rounds == ROUNDS)
    assert found["rows"] > 1000
    assert found["swaps"] > 2
    assert max(found["memory"][WARM_ROUNDS:]) - found["memory"][WARM_ROUNDS] < GROWTH_MEGABYTES, found["memory"]
    assert settled(server, before) <= before + 4, found["files"]
