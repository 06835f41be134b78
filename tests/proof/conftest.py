"""The long forms of `tests/integration/proof`: the same projects and storms, run only by `make proof`."""

import os
import random
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "proof"))

from proof_cluster import cluster, cluster_ground  # noqa: F401  # fixtures
from proof_ground import ground  # noqa: F401

SEED = int(os.environ.get("PROOF_SEED", "7"))


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.proof)


@pytest.fixture
def seed():
    """`PROOF_SEED` selects other moments."""
    return SEED


@pytest.fixture
def spares(seed):
    """`spares(times)`: the random numbers of bytes left on the full disk."""
    draw = random.Random(seed)
    return lambda times: [0, *(draw.choice([0, 4096, 16384, 65536, 200_000]) for _ in range(times - 1))]


@pytest.fixture
def tell(request, capsys, seed):
    """Print what a proof found: `tell({figure: value})`."""
    began = time.monotonic()

    def say(found):
        name = request.node.name.removeprefix("test_").replace("_", " ")
        figures = "\n".join(f"    {what}: {_shown(value)}" for what, value in found.items())
        with capsys.disabled():
            print(f"\n  {name} ({time.monotonic() - began:.0f} s, seed {seed})\n{figures}")  # noqa: T201

    return say


def _shown(value):
    if not isinstance(value, dict):
        return round(value, 1) if isinstance(value, float) else value
    return f"{sum(value.values())} ({', '.join(f'{kind} {count}' for kind, count in sorted(value.items()))})"
