"""A server under mixed load, for an hour unless `PROOF_SOAK_MINUTES` says otherwise."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "serving"))

from running_server import RunningServer
from serving_project import Project
from soaking import WARM_ROUNDS, open_files, settled, soak

MINUTES = float(os.environ.get("PROOF_SOAK_MINUTES", "60"))
GROWTH = 0.2
"""Of the memory of the first warm round: a vocabulary more may be loaded at the end than was then."""


def test_soak(tmp_path, tell):
    project = Project(tmp_path)
    versions = [project.train(), project.train(model="svm")]
    project.promote(versions[0])
    server = RunningServer(project, grpc=True)
    try:
        before, until = open_files(server.process.pid), time.monotonic() + 60 * MINUTES
        found = soak(server, versions, lambda rounds: rounds > WARM_ROUNDS and time.monotonic() > until)
        left = settled(server, before)
    finally:
        server.close()
        project.database.close()
    memory = found["memory"]
    tell(
        {
            "rows answered, each logged once": found["rows"],
            "swaps": found["swaps"],
            "MB when warm": memory[WARM_ROUNDS],
            "MB at most later": max(memory[WARM_ROUNDS:]),
            "open files before": before,
            "open files after": left,
        }
    )
    assert max(memory[WARM_ROUNDS:]) < (1 + GROWTH) * memory[WARM_ROUNDS]
    assert left <= before + 4
