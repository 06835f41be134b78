"""Makes the ground that the proofs stand on."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from proof_ground import Ground


@pytest.fixture
def ground(tmp_path):
    """`ground(definitions, settings="")` makes a project, whose processes end with the test."""
    made = []

    def make(definitions, settings="", examples=240):
        made.append(Ground(tmp_path / "project", definitions, examples, settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
