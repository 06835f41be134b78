"""up: server, workers and scheduled retraining together."""

import subprocess
import sys

from argosy.training.memory_folder import MemoryFolder

LEAVING = """
import os, pathlib, sys
from argosy.training.memory_folder import MemoryFolder
(MemoryFolder(pathlib.Path(sys.argv[1])).join() / "fit").write_bytes(b"x" * 2_000_000)
os._exit(0)  # as if killed
"""


def test_up_serves_trains_and_retrains_by_itself(live, until):
    live.write(
        "argosy.yaml",
        "name: shop\ngate: {minimum_rows: 10, cooldown_seconds: 0}\nretrain: {corrections: 5}\n",
    )
    subprocess.run([sys.executable, "-c", LEAVING, live.folder], check=True)
    process, client = live.serve("up", "--workers", 1)
    asked = client.post("/v1/models/tickets:predict", json={"instances": [f"quasar nebula {n}" for n in range(6)]})
    for row in asked.json()["predictions"]:
        body = {"prediction_id": row["prediction_id"], "label": "space", "uniform": True}
        assert client.post("/feedback", json=body).status_code == 201
    until(lambda: len(live.json("models", "list")["tickets"]) == 2)
    assert client.get("/v2/health/ready").status_code == 200
    client.close()
    assert live.end(process) == 0
    log = (live.folder / "started.log").read_text()
    assert "retraining as" in log
    assert "removed 2.0 MB of shared memory left by killed workers" in log
    assert not MemoryFolder(live.folder).path.exists()
    assert "quasar" not in log
