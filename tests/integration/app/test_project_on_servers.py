"""A project on PostgreSQL, RabbitMQ and S3: imported, trained, promoted, served, erased, backed up; moved."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from argosy import processes
from argosy.testing.waiting import PATIENCE, until
from servers.postgresql import new_database, run_documented

PLAN = "name: notes\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: naive_bayes}\n"
DATABASES = Path(__file__).parents[3] / "docs" / "databases.md"
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


def ask_by_sql(url):
    """What docs/databases.md says about it."""
    section = DATABASES.read_text("utf-8").partition("## SQL views")[2].partition("\n## ")[0]
    role = f"reporter_{time.time_ns():x}"
    blocks = [block.replace("reporter", role) for block in re.findall(r"```sql\n(.*?)```", section, re.DOTALL)]
    statements = [one.strip() for block in blocks for one in block.split(";\n") if one.strip()]
    trained, moves, versions, plans, found, days = run_documented(url, statements, role)
    assert [(one["adapter"], one["model"]) for one in trained] == [("tfidf", "naive_bayes")]
    assert trained[0]["accuracy"] > 0.9
    assert [(one["alias"], one["to_number"]) for one in moves] == [("champion", 1)]
    assert "numpy" in versions[0]["packages"]
    assert [(one["state"], one["count"], one["an_error"]) for one in plans] == [("done", 1, None)]
    assert [one["label"] for one in found] == [trained[0]["label"]]
    assert days == []


def test_from_import_to_answer_and_back(
    project, tmp_path, migrated_postgresql_url, postgresql_url, postgresql_server, bucket
):
    command(project, "examples", "import", "rows.jsonl")
    assert "0 examples" in command(project, "examples", "import", "rows.jsonl")
    command(project, "train", "plan.yaml", "--processes", "1")
    command(project, "models", "promote", "notes@1")
    ask_by_sql(migrated_postgresql_url)
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
