"""A project backed up while it is written to, and restored: everything is consistent. Other files are refused."""

import hashlib
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading

import httpx
import pytest

import argosy
from argosy.app import backends as openers
from argosy.database import migrations
from argosy.errors import ArtifactNotFound, BackupInvalid, KeyUnavailable
from argosy.operations.archive import MANIFEST
from argosy.operations.backup import backup
from argosy.operations.restore import restore
from argosy.testing.waiting import PATIENCE, until
from stored.rows import column
from stored.sqlite_files import assert_sound

SECONDS = PATIENCE
PLAN = "name: notes\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: naive_bayes}\n"
WORDS = ("red", "green", "blue")


def command(folder, *arguments):
    line = [sys.executable, "-m", "argosy", *arguments]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with a model, a plan in a folder, a plug-in, and plaintext examples that must not be in a backup."""
    root = tmp_path_factory.mktemp("origin") / "notes"
    command(root.parent, "init", str(root))
    (root / "plan.yaml").write_text(PLAN)
    (root / "plans").mkdir()
    (root / "plans" / "other.yaml").write_text(PLAN)
    (root / "examples.json").write_text(json.dumps({"text": "a secret example", "label": "red"}))
    (root / "own_plugin.py").write_text('"""Ours."""\n')
    (root / "argosy.yaml").write_text("name: notes\nplugins: [own_plugin]\n")
    project = argosy.open(root)
    project.examples.add([(f"{word} note {n} of {word}", word) for n in range(40) for word in WORDS])
    command(root, "train", "plan.yaml", "--processes", "1")
    project.close()
    return root


@pytest.fixture
def project(trained, tmp_path):
    opened = argosy.open(shutil.copytree(trained, tmp_path / "notes"))
    yield opened
    opened.close()


class Load:
    """Predictions with feedback through a server, and imports of ten examples each, until the test stops them."""

    def __init__(self, project):
        self.project, self.ids, self.imports = project, [], 0
        line = [sys.executable, "-m", "argosy", "-C", str(project.root), "serve", "--port", "0"]
        self.server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        self.client = httpx.Client(base_url=re.search(r"http://\S+", self.server.stdout.readline())[0], timeout=SECONDS)
        until(lambda: self.client.get("/v2/health/ready").status_code == 200)
        self._over, self._failures = threading.Event(), []
        self._threads = [threading.Thread(target=self._repeat, args=(one,)) for one in (self._ask, self._import)]
        for thread in self._threads:
            thread.start()

    def _repeat(self, once):
        try:
            while not self._over.is_set():
                once()
        except Exception as error:  # noqa: BLE001  # reported by the test's own thread
            self._failures.append(error)

    def _ask(self):
        answer = self.client.post("/v1/models/notes:predict", json={"instances": ["a red note"]})
        identity = answer.headers["argosy-prediction-id"]
        said = {"prediction_id": identity, "label": "red"}
        assert self.client.post("/feedback", json=said).status_code == 201
        self.ids.append(identity)

    def _import(self):
        rows = [(f"a {word} import {self.imports} {n}", word) for n in range(4) for word in WORDS]
        self.project.examples.add(rows)
        self.imports += 1

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join(SECONDS)
        self.client.close()
        self.server.terminate()
        assert self.server.wait(SECONDS) == 0
        self.server.stdout.close()
        assert self._failures == []


def test_a_backup_under_load_restores_to_a_project_in_which_everything_adds_up(project, tmp_path):
    load, file = Load(project), tmp_path / "notes.tar"
    try:
        until(lambda: len(load.ids) > 20 and load.imports > 3)
        answered, imported = list(load.ids), load.imports
        done = backup(project.backends, file, with_keys=True)
        later, imported_later = len(load.ids), load.imports
        until(lambda: len(load.ids) > later)
    finally:
        load.stop()
    assert done.artifacts == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".argosy-")] == []

    again = restore(file, tmp_path / "elsewhere" / "notes", openers)
    assert (again.has_keys, again.changed, again.artifacts) == (True, [], 1)
    restored = argosy.open(again.folder)
    log = restored.feedback.log
    kept = {prediction.id for prediction in log.of_model("notes")}
    assert set(answered) <= kept
    assert len(kept) == log.count()
    assert all(log.get(one).input == "a red note" for one in answered)
    assert_sound(restored.database)
    given = set(column(restored.database, "feedback", "prediction_id"))
    assert set(answered) <= given <= kept, "no feedback without its prediction"
    count = sum(restored.examples.count().labels.values())
    assert (count - 120) % 12 == 0, "an import is there as a whole"
    assert imported <= (count - 120) // 12 <= imported_later + 1
    assert len(list(restored.examples.export())) == count
    assert restored.models["notes"].classify(["a red note"]) == ["red"]
    restored.close()
    command(again.folder, "doctor")
    assert list((restored.root / ".argosy" / "keys").iterdir())
    (restored.root / "plan.yaml").write_text(PLAN.replace("naive_bayes", "nearest_centroid"))
    assert "notes@" in command(again.folder, "train", "plan.yaml", "--processes", "1")


def test_a_backup_holds_no_key_and_no_example_in_the_clear(project, tmp_path):
    done = backup(project.backends, tmp_path / "notes.tar")
    plans = ["plan.yaml", "plans/other.yaml", "thorough.yaml"]
    assert done.project_files == ["argosy.yaml", ".gitignore", *plans, "own_plugin.py"]
    held = (tmp_path / "notes.tar").read_bytes()
    for path in (project.root / ".argosy" / "keys").iterdir():
        assert path.read_bytes().strip() not in held
    assert b"secret example" not in held
    again = restore(tmp_path / "notes.tar", tmp_path / "again", openers)
    assert not again.has_keys
    restored = argosy.open(again.folder)
    with pytest.raises(KeyUnavailable, match="put it back"):
        next(restored.examples.export())
    restored.close()
    shutil.copytree(project.root / ".argosy" / "keys", restored.root / ".argosy" / "keys")
    assert len(list(restored.examples.export())) == 120
    restored.close()


def test_what_lay_outside_of_the_project_is_brought_inside(project, tmp_path):
    project.close()
    outside = tmp_path / "outside.db"
    shutil.move(project.root / ".argosy" / "argosy.db", outside)
    with (project.root / "argosy.yaml").open("a") as settings:
        settings.write(f"database: sqlite:///{outside}  # shared\n")
    backup(argosy.open(project.root).backends, tmp_path / "notes.tar", with_keys=True)
    before = outside.read_bytes()
    again = restore(tmp_path / "notes.tar", tmp_path / "again", openers)
    assert again.changed == ["database"]
    restored = argosy.open(again.folder)
    restored.examples.add([("one more", "red")])
    assert sum(restored.examples.count().labels.values()) == 121
    restored.close()
    assert outside.read_bytes() == before


@pytest.fixture(scope="module")
def archive(trained, tmp_path_factory):
    file = tmp_path_factory.mktemp("archive") / "notes.tar"
    project = argosy.open(trained)
    backup(project.backends, file)
    project.close()
    return file


def edited(archive, target, change):
    """A copy whose members `change` has seen: name and bytes, to be kept, replaced, or left out for None."""
    with tarfile.open(archive) as source, tarfile.open(target, "w") as copy:
        for member in source.getmembers():
            data = change(member.name, source.extractfile(member).read())
            if data is not None:
                member.size = len(data)
                copy.addfile(member, io.BytesIO(data))
    return target


def members(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}


def listed(**changes):
    return lambda name, data: json.dumps({**json.loads(data), **changes}).encode() if name == MANIFEST else data


def flipped(name, data):
    return bytes([*data[:-1], data[-1] ^ 1]) if name == "database.rows" else data


def test_a_backup_of_the_first_format_is_restored(project, archive, tmp_path):
    """It has the database as SQLite's own file."""
    project.close()
    database = project.root / ".argosy" / "argosy.db"
    assert not database.with_name("argosy.db-wal").exists(), "all is in the one file"
    data, files = database.read_bytes(), json.loads(members(archive)[MANIFEST])["files"]
    del files["database.rows"]
    files["database.db"] = {"size": len(data), "digest": hashlib.sha256(data).hexdigest()}
    older = {**members(archive), "database.db": data}
    del older["database.rows"]
    older[MANIFEST] = json.dumps({**json.loads(older.pop(MANIFEST)), "format": 1, "files": files}).encode()
    with tarfile.open(tmp_path / "older.tar", "w") as tar:
        for name, content in older.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    restore(tmp_path / "older.tar", tmp_path / "again", openers)
    assert command(tmp_path / "again", "predict", "notes", "a red note").split()[0] == "red"
    assert "120" in command(tmp_path / "again", "examples", "count")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (listed(format=3), "format 3, this Argosy knows up to 2"),
        (listed(schema=migrations.newest_step() + 1), "upgrade with pip"),
        (listed(files=[]), "its list cannot be read"),
        (lambda name, data: None if name == MANIFEST else data, "cut short"),
        (lambda name, data: None if name == "database.rows" else data, "'database.rows' is missing"),
        (flipped, "'database.rows' is not as it was written"),
    ],
)
def test_what_was_altered_or_is_newer_is_refused_and_nothing_written(archive, tmp_path, change, said):
    with pytest.raises(BackupInvalid, match=said):
        restore(edited(archive, tmp_path / "other.tar", change), tmp_path / "again", openers)
    assert [path.name for path in tmp_path.iterdir()] == ["other.tar"]


@pytest.mark.parametrize("name", ["../escaped", "project/../../escaped", "/escaped", "project/a/../../../escaped"])
def test_a_name_that_leads_outside_is_refused(archive, tmp_path, name):
    other = tmp_path / "other.tar"
    with tarfile.open(archive) as source:
        manifest = json.loads(source.extractfile(MANIFEST).read())
    manifest["files"][name] = manifest["files"]["project/argosy.yaml"]
    edited(archive, other, lambda one, data: None if one == MANIFEST else data)
    with tarfile.open(other, "a") as tar:
        for one, data in ((name, b"x"), (MANIFEST, json.dumps(manifest).encode())):
            info = tarfile.TarInfo(one)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(BackupInvalid, match="which no backup does"):
        restore(other, tmp_path / "again", openers)
    assert [path.name for path in tmp_path.iterdir()] == ["other.tar"]


@pytest.mark.parametrize("size", [0, 1, 600, 5000])
def test_a_file_that_was_cut_short_is_refused(archive, tmp_path, size):
    (tmp_path / "other.tar").write_bytes(archive.read_bytes()[:size])
    with pytest.raises(BackupInvalid, match="cut short"):
        restore(tmp_path / "other.tar", tmp_path / "again", openers)


def test_a_file_and_a_folder_that_are_there_are_left_alone(project, archive, tmp_path):
    for _ in range(2):
        with pytest.raises(BackupInvalid, match="exists"):
            backup(project.backends, archive)
    with pytest.raises(BackupInvalid, match="not an empty folder"):
        restore(archive, project.root, openers)
    with pytest.raises(BackupInvalid, match="no folder"):
        backup(project.backends, tmp_path / "absent" / "notes.tar")
    empty = tmp_path / "empty"
    empty.mkdir()
    identity = empty.stat().st_ino
    restore(archive, empty, openers)
    assert empty.stat().st_ino == identity
    assert (empty / "argosy.yaml").is_file()


def test_a_backup_that_fails_leaves_nothing(project, tmp_path):
    shutil.rmtree(project.root / ".argosy" / "artifacts")
    with pytest.raises(ArtifactNotFound):
        backup(project.backends, tmp_path / "notes.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_a_backup_that_is_killed_is_no_backup(project, tmp_path):
    program = (
        "import os, sys, argosy; from argosy.operations import backup;"
        "from argosy.operations.archive import ArchiveWriter;"
        "ArchiveWriter.finish = lambda *_: os.kill(os.getpid(), 9);"
        "backup.backup(argosy.open(sys.argv[1]).backends, backup.Path(sys.argv[2]))"
    )
    line = [sys.executable, "-c", program, str(project.root), str(tmp_path / "notes.tar")]
    assert subprocess.run(line, timeout=SECONDS, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "notes.tar").exists()
    [left] = tmp_path.glob(".argosy-backup-*/archive")
    with pytest.raises(BackupInvalid, match="cut short"):
        restore(left, tmp_path / "again", openers)
    backup(project.backends, tmp_path / "notes.tar")


def test_the_commands(project, tmp_path):
    assert "1 artifact" in command(tmp_path, "-C", str(project.root), "backup", "notes.tar")
    assert "Restored again" in command(tmp_path, "restore", "notes.tar", "--into", "again")
    assert (tmp_path / "again" / "plan.yaml").read_text() == PLAN
