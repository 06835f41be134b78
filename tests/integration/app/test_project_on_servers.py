"""A project on PostgreSQL, RabbitMQ and S3: imported, trained, promoted, served, erased, backed up; moved."""

import json
import re
import subprocess
import sys

import httpx
import pytest

from argosy import processes
from argosy.testing.waiting import PATIENCE, until
from servers.postgresql import new_database

PLAN = "name: notes\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: naive_bayes}\n"
WORDS = ("red", "green", "blue")


def command(folder, *arguments):
    line = [sys.executable, "-m", "argosy", *arguments]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path, migrated_postgresql_url, rabbitmq_url, bucket):
    root = tmp_path / "notes"
    root.mkdir()
    settings = {"name": "notes", "database": migrated_postgresql_url, "broker": rabbitmq_url, "artifacts": bucket.url}
    (root / "argosy.yaml").write_text("".join(f'{name}: "{value}"\n' for name, value in settings.items()))
    (root / "plan.yaml").write_text(PLAN)
    rows = [{"text": f"{word} note {n}", "label": word, "subject": f"s{n}"} for n in range(80) for word in WORDS]
    (root / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return root


def test_from_import_to_answer_and_back(project, tmp_path, postgresql_url, postgresql_server, bucket):
    command(project, "examples", "import", "rows.jsonl")
    assert "0 examples" in command(project, "examples", "import", "rows.jsonl")
    command(project, "train", "plan.yaml", "--processes", "1")
    command(project, "models", "promote", "notes@1")
    server = subprocess.Popen(
        [sys.executable, "-m", "argosy", "serve", "--port", "0"], cwd=project, stdout=subprocess.PIPE, text=True
    )
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        client = httpx.Client(base_url=url, timeout=PATIENCE)
        until(lambda: client.get("/v2/health/ready").status_code == 200)
        asked = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a red note"]}]}
        answer = client.post("/v2/models/notes/infer", json=asked).json()
        assert answer["outputs"][0]["data"] == ["red"]
        client.close()
    finally:
        processes.stop(server)
    command(project, "feedback", "add", answer["id"], "--label", "green")
    assert "green" in command(project, "feedback", "list", "notes")
    command(project, "examples", "erase", "s7", "--yes")
    health = command(project, "doctor")
    assert "not well" not in health
    assert re.search(r"amqp://guest@\S+ +delivers", health)
    assert "guest:guest" not in health
    assert not (project / ".argosy" / "artifacts").exists()
    command(project, "backup", str(tmp_path / "notes.tar"), "--with-keys")
    command(tmp_path, "restore", "notes.tar", "--into", "file")
    command(tmp_path, "restore", "notes.tar", "--into", "server", "--database", postgresql_url)
    settings = (tmp_path / "file" / "argosy.yaml").read_text()
    assert 'database: "sqlite:///' in settings
    assert 'artifacts: "file:' in settings
    assert 'broker: ""' in settings
    for place in ("file", "server"):
        assert "237" in command(tmp_path / place, "examples", "count")
        assert command(tmp_path / place, "predict", "notes", "a blue note").split()[0] == "blue"
        assert "green" in command(tmp_path / place, "feedback", "list", "notes")
        command(tmp_path / place, "examples", "import", str(project / "rows.jsonl"))  # numbers go on
        assert "240" in command(tmp_path / place, "examples", "count")
    with new_database(postgresql_server) as url:
        elsewhere = {"database": url, "artifacts": bucket.url.replace("/of/tests", "/elsewhere")}
        command(tmp_path / "file", "migrate", "--to", url, "--artifacts", elsewhere["artifacts"])
        kept = [line for line in settings.splitlines() if line.partition(":")[0] not in elsewhere]
        moved = "\n".join([*kept, *(f'{name}: "{value}"' for name, value in elsewhere.items())])
        (tmp_path / "file" / "argosy.yaml").write_text(moved)
        assert "240" in command(tmp_path / "file", "examples", "count")
        assert command(tmp_path / "file", "predict", "notes", "a blue note").split()[0] == "blue"
