"""Only the owner can read the files that Argosy writes, also under umask 0; a file's suffix decides its format."""

import csv
import json
import os
import subprocess
import sys
from functools import partial

import httpx
import pytest

import argosy
from argosy.definitions.project import FILE_NAME

SECONDS = 120
PLAN = "name: notes\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: naive_bayes}\n"
WORDS = ("red", "green", "blue")


def run(folder, *arguments):
    line = [sys.executable, "-m", "argosy", *map(str, arguments)]
    under = partial(os.umask, 0)
    return subprocess.run(
        line, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False, preexec_fn=under
    )


def command(folder, *arguments):
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_to_others(folder):
    return sorted(str(path) for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Examples with some wrong labels, a trained version and a server's predictions."""
    root = tmp_path_factory.mktemp("origin") / "notes"
    command(root.parent, "init", root)
    (root / "plan.yaml").write_text(PLAN)
    rows = [(f"{WORDS[n % 3]} note {n} of {WORDS[n % 3]}", WORDS[(n + (n % 10 == 0)) % 3]) for n in range(120)]
    with (root / "rows.csv").open("w") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    command(root, "examples", "import", "rows.csv")
    command(root, "train", "plan.yaml", "--processes", "1")
    before = os.umask(0)
    try:
        with argosy.open(root) as opened, opened.serve() as url:
            asked = {"instances": ["a red note", "something blue"]}
            assert httpx.post(f"{url}/v1/models/notes:predict", json=asked, timeout=SECONDS).status_code == 200
            found = open_to_others(root / ".argosy")  # while its write-ahead log and its spool are in use
            assert (root / ".argosy" / "argosy.db-wal").exists()
    finally:
        os.umask(before)
    assert found == []
    return root


def test_nothing_in_the_projects_own_folder_is_open_to_others(project):
    root = project
    assert open_to_others(root / ".argosy") == []
    assert (root / FILE_NAME).stat().st_mode & 0o400


def test_what_an_older_argosy_left_open_is_closed_when_the_project_is_opened(project):
    root = project
    home = root / ".argosy"
    home.chmod(0o755)
    (home / "argosy.db").chmod(0o644)
    command(root, "examples", "count")
    assert open_to_others(home) == []


def test_files_with_texts_are_their_owners_alone(project):
    root = project
    out = root / "out"
    out.mkdir()
    command(root, "report", "notes", "--texts", "--quick", "-o", "out/page.html", "--doubts", "out/doubts.csv")
    command(root, "examples", "export", "--output", "out/rows.jsonl")
    command(root, "feedback", "review", "notes", "--output", "out/review.csv")
    command(root, "backup", "out/notes.tar")
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in out.iterdir()} == {
        "page.html": "0o600",
        "doubts.csv": "0o600",
        "rows.jsonl": "0o600",
        "review.csv": "0o600",
        "notes.tar": "0o600",
    }
    (out / "old.jsonl").touch()
    (out / "old.jsonl").chmod(0o666)
    command(root, "examples", "export", "--output", "out/old.jsonl")
    assert (out / "old.jsonl").stat().st_mode & 0o777 == 0o600
    command(root, "restore", "out/notes.tar", "--into", "again")
    assert open_to_others(root / "again" / ".argosy") == []


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_doubts_are_written_by_suffix_and_imported_again(project, suffix):
    root = project
    name = f"right{suffix}"
    command(root, "report", "notes", "-o", "page.html", "--doubts", name)
    text = (root / name).read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines())) if suffix == ".csv" else list(map(json.loads, text.splitlines()))
    assert rows
    assert {"text", "label", "suggested", "ahead_by", "part", "example_id"} <= rows[0].keys()
    assert all(row["text"].startswith(row["suggested"]) for row in rows)
    with (root / f"put-{name}").open("w", newline="") as file:
        if suffix == ".csv":
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows({**row, "label": row["suggested"]} for row in rows)
        else:
            file.writelines(json.dumps({**row, "label": row["suggested"]}) + "\n" for row in rows)
    command(root, "examples", "import", name, "--into", f"as-written{suffix[1:]}")
    done = json.loads(command(root, "examples", "import", f"put-{name}", "--into", f"as-written{suffix[1:]}", "--json"))
    assert (done["added"], done["revised"], done["skipped"]) == (0, len(rows), 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "notes", "--doubts", "d.txt"), "d.txt: its name says its format, and must end in .jsonl or .csv"),
        (("report", "notes", "-o", "page.pdf"), "must end in .html or .htm"),
        (("examples", "export", "--output", "rows.parquet"), "must end in .jsonl or .csv"),
        (("examples", "export", "--output", "rows.jsonl.gz"), "must end in .jsonl or .csv"),
        (("examples", "export", "--format", "csv", "--output", "rows.jsonl"), "must end in .csv"),
        (("feedback", "review", "notes", "--output", "review.xlsx"), "must end in .csv"),
        (("examples", "export", "--output", "absent/rows.csv"), "absent/rows.csv: there is no such folder"),
    ],
)
def test_a_name_of_another_format_is_refused(project, arguments, said):
    root = project
    before = sorted(root.iterdir())
    done = run(root, *arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(root.iterdir()) == before


def test_an_export_is_written_as_its_name_says(project):
    root = project
    command(root, "examples", "export", "--output", "rows.CSV")
    assert next(csv.reader((root / "rows.CSV").read_text("utf-8").splitlines()))[:2] == ["text", "label"]
    command(root, "examples", "export", "--output", "bare", "--format", "csv")
    assert (root / "bare").read_text("utf-8") == (root / "rows.CSV").read_text("utf-8")
    assert json.loads(command(root, "examples", "export").splitlines()[0])["text"]
    assert command(root, "examples", "export", "--output", "/dev/stdout") == command(root, "examples", "export")
