"""Whatever happens to the keys during a backup, its keys open its data, or there is no backup."""

import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

import argosy
from argosy.app import backends as openers
from argosy.errors import BackupInvalid, KeyUnavailable
from argosy.operations.backup import backup
from argosy.operations.restore import restore
from argosy.vault.keys.file import FileKeys
from argosy.vault.master_keys import encode_key
from argosy.vault.rotation import rotate

SECONDS = 60
STEPS = ["prepared", "wrapped anew", "taken over", "wrapped the rest", "purged"]
KILLED_AT = """
import os, sys, argosy
argosy.open(sys.argv[1]).keys.rotate("examples", lambda step: step == sys.argv[2] and os.kill(os.getpid(), 9))
"""


@pytest.fixture
def project(tmp_path):
    with argosy.open(tmp_path / "notes", create=True) as opened:
        opened.examples.add([("a red note", "red")])
        yield opened


@pytest.fixture
def keys(project):
    return FileKeys(project.root / ".argosy" / "keys", patience=0.0)


def opens(file, into):
    done = restore(file, into, openers)
    with argosy.open(done.folder) as restored:
        return [example.input for example in restored.examples.export()] == ["a red note"]


def test_a_backup_waits_for_a_rotation_and_opens(project, tmp_path):
    """A backup that begins at any step of a rotation ends after the rotation."""
    threads, ended = [], []

    def at(step):
        def run():
            with argosy.open(project.root) as own:
                backup(own.backends, tmp_path / f"{step}.tar", with_keys=True)
            ended.append(step)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        assert ended == []

    rotate(project.database, FileKeys(project.root / ".argosy" / "keys"), "examples", at)
    for thread in threads:
        thread.join(SECONDS)
    assert sorted(ended) == sorted(STEPS)
    assert all(opens(tmp_path / f"{step}.tar", tmp_path / step) for step in STEPS)


def test_a_rotation_waits_for_a_backup_that_is_copying(project, keys, tmp_path, monkeypatch):
    """No rotation takes a step between the database's snapshot and the copy of the keys."""
    tried = []
    copy = shutil.copyfile

    def copyfile(source, target):
        with pytest.raises(KeyUnavailable, match="replacing or copying"):
            rotate(project.database, keys, "examples")
        tried.append(source.name)
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", copyfile)
    backup(project.backends, tmp_path / "notes.tar", with_keys=True)
    assert tried == ["examples.key", "predictions.key"]
    rotate(project.database, keys, "examples")
    assert opens(tmp_path / "notes.tar", tmp_path / "again")


@pytest.mark.parametrize("step", STEPS)
def test_a_backup_after_a_rotation_that_was_killed_opens(project, tmp_path, step):
    line = [sys.executable, "-c", KILLED_AT, str(project.root), step]
    assert subprocess.run(line, timeout=SECONDS, check=False).returncode == -signal.SIGKILL
    backup(project.backends, tmp_path / "notes.tar", with_keys=True)
    assert opens(tmp_path / "notes.tar", tmp_path / "again")
    with argosy.open(tmp_path / "again") as restored:
        assert restored.keys.rotate("examples").resumed


def replaced(keys):
    keys.path("examples").write_text(encode_key(os.urandom(32)) + "\n")


def removed(keys):
    keys.path("examples").unlink()


def damaged(keys):
    keys.path("examples").write_text("no key\n")


@pytest.mark.parametrize("change", [replaced, removed, damaged])
def test_keys_that_do_not_open_what_is_copied_are_no_backup(project, keys, tmp_path, change):
    change(keys)
    with pytest.raises(BackupInvalid, match="do not open collection:default"):
        backup(project.backends, tmp_path / "notes.tar", with_keys=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]
    backup(project.backends, tmp_path / "notes.tar")


def test_keys_in_the_folder_do_not_help_if_others_are_in_use(project, keys, tmp_path, monkeypatch):
    with argosy.open(tmp_path / "other", create=True) as other:
        for role in ("examples", "predictions"):
            monkeypatch.setenv(f"ARGOSY_KEY_{role.upper()}", encode_key(os.urandom(32)))
        other.examples.add([("a red note", "red")])
        with pytest.raises(BackupInvalid, match="do not open collection:default"):
            backup(other.backends, tmp_path / "notes.tar", with_keys=True)


def test_two_backups_into_one_file_leave_the_first(project, tmp_path, monkeypatch):
    from argosy.operations import backup as module

    publish = module._move_into_place

    def second(archive, file):
        monkeypatch.setattr(module, "_move_into_place", publish)
        backup(project.backends, file, with_keys=True)
        first.append(file.read_bytes())
        publish(archive, file)

    first = []
    monkeypatch.setattr(module, "_move_into_place", second)
    with pytest.raises(BackupInvalid, match="exists"):
        backup(project.backends, tmp_path / "notes.tar")
    assert (tmp_path / "notes.tar").read_bytes() == first[0]
