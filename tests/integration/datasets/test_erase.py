"""A canary text and a canary subject are in no byte written; after erasing, neither are their sealed bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from argosy.datasets.dataset import load
from argosy.datasets.example import Example
from argosy.datasets.examples import Examples
from argosy.datasets.frozen import freeze
from argosy.definitions.definition import Spec
from argosy.errors import DatabaseUnavailable
from argosy.identities import WrittenNumber
from argosy.testing.waiting import PATIENCE
from argosy.vault import Vault
from argosy.vault.keys.file import FileKeys
from stored.rows import rows as stored_rows
from stored.sqlite_files import wait_at_most

TEXT, SUBJECT = "zanzibarquokka", "marmosetxylophone"


@pytest.fixture
def vault(database, tmp_path):
    keys = FileKeys(tmp_path / "keys")
    keys.create("examples")
    return Vault(database, keys)


@pytest.fixture
def examples(database, vault):
    return Examples(database, vault)


def rows(count, canaries=3):
    plain = [Example(f"an ordinary text {at} " * 20, "ab"[at % 2], float(at)) for at in range(count)]
    step = count // (canaries + 1)
    for at in range(1, canaries + 1):
        plain.insert(at * step, Example(f"{TEXT} number {at}", "ab"[at % 2], float(at), subject=SUBJECT))
    return plain


def everywhere(folder):
    """Every byte of every file in the folder, and of this process's deleted files that are still open."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    files += list(Path("/proc/self/fd").iterdir())
    contents = b""
    for file in files:
        try:
            if file.is_file() and not str(file.resolve()).startswith(("/dev", "/usr", "/lib")):
                contents += file.read_bytes()
        except OSError:
            continue
    return contents


def leaks(contents):
    return [name for name in (TEXT, SUBJECT) if name.encode() in contents]


@pytest.mark.sqlite  # the bytes of its files are read
def test_canaries_are_in_no_byte_and_erased_without_a_trace(tmp_path, database, vault, examples):
    during = []
    examples.add("news", rows(12_000), progress=lambda _: during.append(everywhere(tmp_path)))
    assert len(during) == 13
    assert max(map(len, during)) > 1_500_000  # the waiting rows are in there
    assert [leaks(contents) for contents in during] == [[]] * 13
    with database.write() as transaction:
        before = freeze(transaction, Spec("all", {"collection": "news"}), 1.0)
        untouched = freeze(transaction, Spec("span", {"collection": "news", "start": 3000.0}), 1.0)
    examples.add("news", [Example(f"{TEXT} number 1", "c", 1e9)])  # a revision without a subject
    all_rows = stored_rows(database, "examples", "sealed", "content_hash", "example_id", "subject_hash")
    doomed = [row for row in all_rows if row[3] is not None]
    assert len(doomed) == 3
    seals = [piece for row in doomed for piece in (row[0][:24], row[0][-24:])]
    assert all(seal in everywhere(tmp_path) for seal in seals)

    erased = examples.erase(SUBJECT)
    assert (erased.examples, erased.revisions, erased.datasets) == (3, 4, [before.digest])
    contents = everywhere(tmp_path)
    assert leaks(contents) == []
    assert not any(seal in contents for seal in seals)
    assert not any(row[1] in contents or row[2] in contents for row in doomed)
    assert not any(TEXT in str(row.input) for row in examples.export("news"))
    dataset = load(database, vault, before.digest)
    assert (dataset.missing, sum(map(len, dataset.parts.values()))) == (3, 12_000)
    assert load(database, vault, untouched.digest).missing == 0
    again = examples.erase(SUBJECT)
    assert (again.examples, again.datasets) == (0, [])


def test_rows_added_after_an_erasure_never_enter_a_frozen_dataset(database, vault, examples):
    examples.add("news", [*rows(200, 0), *(Example(f"{TEXT} {at}", "a", subject=SUBJECT) for at in range(5))])
    with database.write() as transaction:
        digest = freeze(transaction, Spec("all", {"collection": "news"}), 1.0).digest
    examples.erase(SUBJECT)
    examples.add("news", [Example(f"later {at}", "b") for at in range(5)])
    dataset = load(database, vault, digest)
    assert dataset.missing == 5
    assert not any("later" in text for part in dataset.parts.values() for text in part.inputs)


def test_a_subject_is_erased_from_every_collection_and_others_stay(examples):
    for name in ("one", "two"):
        examples.add(name, [Example("mine", "a", subject="me"), Example("yours", "b", subject="you")])
    examples.add("one", [Example("shared", "a"), Example("shared", "a", subject="me")])
    assert examples.erase("me").examples == 3
    assert [[row.input for row in examples.export(name)] for name in ("one", "two")] == [["yours"], ["yours"]]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (" Ann ", "Ann"),
        ("Ann", " Ann"),
        ("Zoe\u0308", "Zo\u00eb"),
        (90071992547409937, "90071992547409937"),
        (WrittenNumber("90071992547409937.5"), "90071992547409937.5"),
    ],
)
def test_a_subject_is_found_under_the_given_name(examples, given, asked):
    near = WrittenNumber("90071992547409938.5")
    examples.add("one", [Example("mine", "a", subject=given), Example("another's", "b", subject=near)])
    assert examples.erase(asked).examples == 1
    assert [row.input for row in examples.export("one")] == ["another's"]


@pytest.mark.parametrize(
    ("rests", "asked"),
    [(" Ann ", " Ann "), ("Zoe\u0308", "Zo\u00eb"), ("9.007199254740994e+16", "90071992547409937.5"), ("17.0", "17")],
)
def test_names_stored_in_older_forms_are_found_too(examples, monkeypatch, rests, asked):
    monkeypatch.setattr("argosy.datasets.conversion.identity_of", lambda value, _: value)  # as it was
    examples.add("one", [Example("mine", "a", subject=rests)])
    assert examples.erase(asked).examples == 1


@pytest.mark.sqlite  # its write-ahead log
def test_a_reader_that_stays_keeps_an_erasure_from_claiming_to_be_done(examples, open_database, monkeypatch):
    wait_at_most(monkeypatch, 0.2)
    examples.add("news", [Example("mine", "a", subject="me"), Example("yours", "b")])
    opened, release = threading.Event(), threading.Event()

    def read():
        with open_database().read() as transaction:
            assert transaction.tables()  # its snapshot begins
            opened.set()
            release.wait(PATIENCE)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert opened.wait(PATIENCE)
        with pytest.raises(DatabaseUnavailable, match="repeat"):
            Examples(open_database(), examples._vault).erase("me")
    finally:
        release.set()
        reader.join(PATIENCE)
    assert examples.erase("me").examples == 0


IMPORT = """
import sys
from pathlib import Path
from argosy.app.backends import database as opened
from argosy.datasets.example import Example
from argosy.datasets.examples import Examples
from argosy.vault import Vault
from argosy.vault.keys.file import FileKeys
folder = Path(sys.argv[1])
database = opened("sqlite:///argosy.db", folder)
examples = Examples(database, Vault(database, FileKeys(folder / "keys")))
def reported(count):
    print(count, flush=True)
rows = (Example(f"zanzibarquokka {at}", "a", subject="marmosetxylophone") for at in range(10**9))
examples.add("news", rows, progress=reported)
"""


@pytest.mark.sqlite  # the bytes of its files are read
def test_an_import_that_is_killed_leaves_no_row_and_no_canary(tmp_path, database, examples):
    examples.add("news", [Example("there before", "a")])
    environment = {**os.environ, "TMPDIR": str(tmp_path), "SQLITE_TMPDIR": str(tmp_path)}
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert int(child.stdout.readline()) == 1000
        assert child.stdout.readline()
    finally:
        child.kill()
        child.wait(PATIENCE)
        child.stdout.close()
    assert leaks(everywhere(tmp_path)) == []
    assert [row.input for row in examples.export("news")] == ["there before"]
    assert examples.add("news", [Example("there after", "a")]).added == 1
