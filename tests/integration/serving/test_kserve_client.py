"""KServe's clients, of all its protocols. Its requirements contradict ours, so that they run in a Python of their own:
`make test` and `make kserve` make it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from argosy.testing.waiting import PATIENCE

ROOT = Path(__file__).parents[3]
MADE = ROOT / ".venv-kserve"
PYTHON = Path(os.environ.get("KSERVE_PYTHON", MADE / "bin" / "python"))
HAS_KSERVE = "KSERVE_PYTHON" in os.environ or (MADE / ".ready").exists()


@pytest.mark.skipif(not HAS_KSERVE, reason="no Python has kserve: 'make kserve' makes one")
def test_kserves_clients_are_answered_over_rest_and_grpc(over_grpc):
    program = Path(__file__).with_name("kserve_asks.py")
    command = [PYTHON, program, over_grpc.url, over_grpc.grpc_address]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=4 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    expected = {
        "id": "mine",
        "label": ["sport", "money"],
        "outputs": ["confidence", "label", "prediction_id", "probabilities"],
    }
    for protocol in ("grpc False", "grpc True", "rest False", "rest True"):
        assert answers[protocol] == expected, protocol
    assert answers["ready"] == [True] * 6
    assert answers["v1"] == ["sport", "money"]
