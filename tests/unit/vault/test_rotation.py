"""Replacing a master key: a kill at any step loses nothing, and concurrent processes are not affected."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from argosy.errors import KeyUnavailable, KeyWrong
from argosy.testing.waiting import PATIENCE
from argosy.vault import Vault
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.keys.file import FileKeys
from argosy.vault.master_keys import encode_key
from argosy.vault.rotation import fingerprint, rotate
from stored.rows import rows

STEPS = ["prepared", "wrapped anew", "taken over", "wrapped the rest", "purged"]
KILLED_AT = """
import os, sys
from pathlib import Path
from argosy.app.backends import database
from argosy.vault.keys.file import FileKeys
from argosy.vault.rotation import rotate
url, folder, step = sys.argv[1:]
opened, keys = database(url, Path("/")), FileKeys(Path(folder))
rotate(opened, keys, "examples", lambda reported: reported == step and os.kill(os.getpid(), 9))
"""


@pytest.fixture
def keys(tmp_path):
    made = FileKeys(tmp_path / "keys")
    made.create("examples")
    made.create("predictions")
    return made


def wrapped(database):
    return dict(rows(database, "data_keys", "scope", "wrapped"))


def names(keys):
    return sorted(path.name for path in keys.folder.iterdir())


def test_a_rotation_changes_one_key_and_opens_everything_still(database, keys):
    vault = Vault(database, keys)
    sealed = {name: vault.scope(name).seal(b"text", b"row") for name in ("collection:a", "collection:b", "predictions")}
    before, old = wrapped(database), keys.get("examples")
    other = keys.get("predictions")
    reported = []
    done = rotate(database, keys, "examples", reported.append)
    assert reported == STEPS
    assert (done.role, done.data_keys, done.resumed) == ("examples", 2, False)
    assert done.fingerprint == fingerprint(keys.get("examples")) != fingerprint(old)
    assert keys.get("predictions") == other
    after = wrapped(database)
    assert {name for name in after if after[name] != before[name]} == {"collection:a", "collection:b"}
    assert names(keys) == ["examples.key", "predictions.key"]
    fresh = Vault(database, keys)
    assert all(fresh.scope(name).open(one, b"row") == b"text" for name, one in sealed.items())
    assert all(vault.scope(name).open(one, b"row") == b"text" for name, one in sealed.items())
    held = b"".join(path.read_bytes() for path in keys.folder.parent.glob("argosy.db*"))
    assert before["collection:a"] not in held, "the old wrapping is gone from the files"


@pytest.mark.parametrize("step", STEPS)
def test_a_rotation_killed_at_any_step_loses_nothing_and_ends_when_repeated(database, keys, step):
    vault = Vault(database, keys)
    sealed = vault.scope("collection:a").seal(b"text", b"row")
    old = keys.get("examples")
    command = [sys.executable, "-c", KILLED_AT, database.url, str(keys.folder), step]
    assert subprocess.run(command, timeout=PATIENCE, check=False).returncode == -signal.SIGKILL
    assert Vault(database, keys).scope("collection:a").open(sealed, b"row") == b"text"
    made_between = Vault(database, keys).scope("collection:b").seal(b"other", b"row")
    assert rotate(database, keys, "examples").resumed
    assert keys.get("examples") != old
    assert names(keys) == ["examples.key", "predictions.key"]
    fresh = Vault(database, keys)
    assert fresh.scope("collection:a").open(sealed, b"row") == b"text"
    assert fresh.scope("collection:b").open(made_between, b"row") == b"other"
    assert not rotate(database, keys, "examples").resumed


def test_scopes_made_and_opened_while_keys_are_replaced_over_and_over(database, keys):
    failures, made, over = [], {}, threading.Event()

    def use(worker):
        number = 0
        try:
            while not over.is_set():
                name = f"collection:{worker}-{number}"
                made[name] = Vault(database, keys).scope(name).seal(b"text", b"row")
                assert Vault(database, keys).scope(name).open(made[name], b"row") == b"text"
                number += 1
        except Exception as error:  # noqa: BLE001  # reported by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=use, args=(worker,)) for worker in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            rotate(database, keys, "examples")
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert failures == []
    fresh = Vault(database, keys)
    assert made
    assert all(fresh.scope(name).open(sealed, b"row") == b"text" for name, sealed in made.items())


def test_a_wrong_key_is_refused_and_nothing_changed(database, keys, tmp_path):
    Vault(database, keys).scope("collection:a")
    before = wrapped(database)
    other = FileKeys(tmp_path / "other")
    other.create("examples")
    with pytest.raises(KeyWrong):
        rotate(database, other, "examples")
    assert wrapped(database) == before


def test_two_rotations_at_once_are_refused(database, keys):
    with keys.alone(), pytest.raises(KeyUnavailable, match="another process"):
        rotate(database, FileKeys(keys.folder, patience=0.0), "examples")
    rotate(database, keys, "examples")


def test_keys_from_the_environment_are_replaced_with_the_next_one_set(database):
    old, new = (encode_key(os.urandom(32)) for _ in range(2))
    environ = {"ARGOSY_KEY_EXAMPLES": old}
    sealed = Vault(database, EnvironmentKeys(environ)).scope("collection:a").seal(b"text", b"row")
    with pytest.raises(KeyUnavailable, match="set ARGOSY_KEY_EXAMPLES_NEXT"):
        rotate(database, EnvironmentKeys(environ), "examples")
    both = EnvironmentKeys({**environ, "ARGOSY_KEY_EXAMPLES_NEXT": new})
    for _ in range(2):
        assert rotate(database, both, "examples").data_keys == 1
        for keys in (both, EnvironmentKeys({"ARGOSY_KEY_EXAMPLES": new})):
            assert Vault(database, keys).scope("collection:a").open(sealed, b"row") == b"text"
    with pytest.raises(KeyWrong):
        Vault(database, EnvironmentKeys(environ)).scope("collection:a")
