"""The process that reads large artifacts for a server: the same look-ups, and an answer whatever becomes of it."""

import hashlib
import logging
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from argosy.errors import ArtifactCorrupt
from argosy.models.artifact_format import ArrayWriter, read_artifact, write_artifact
from argosy.models.packing import pack, unpack
from argosy.models.vocabulary import Vocabulary
from argosy.serving.loaders import table_process
from argosy.serving.loaders.table_process import TableProcess
from argosy.testing.waiting import until

ENTRIES = {
    "words": ["tea", "", "Grüße", "çay içmek", "\0", "a" * 200, "b" * 200],
    "other": [f"word {number}" for number in range(300)],
}


@pytest.fixture
def process(monkeypatch):
    monkeypatch.setattr(table_process, "LARGE_BYTES", 0)
    process = TableProcess()
    yield process
    process.close()


@pytest.fixture
def artifact(tmp_path):
    arrays, path = ArrayWriter(), tmp_path / "artifact"
    learned = {"first": Vocabulary(ENTRIES["words"]), "inner": [{"second": Vocabulary(ENTRIES["other"])}]}
    write_artifact(path, pack({**learned, "weights": np.arange(5.0)}, arrays.put), arrays)
    return path


def loaded(process, path):
    header, arrays = read_artifact(path)
    return unpack(header, process.with_tables(path, header, arrays))


def check(model):
    assert np.array_equal(model["weights"], np.arange(5.0))
    for entries, vocabulary in (("words", model["first"]), ("other", model["inner"][0]["second"])):
        assert vocabulary.find("no entry") is None
        assert [vocabulary.find(entry) for entry in ENTRIES[entries]] == list(range(len(ENTRIES[entries])))


def warned(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_tables_and_digests_are_those_that_the_server_would_make(process, artifact, caplog):
    model = loaded(process, artifact)
    assert model["first"]._table is not None
    check(model)
    assert process.sha256(artifact) == hashlib.sha256(artifact.read_bytes()).hexdigest()
    assert warned(caplog) == []


def test_a_process_that_was_killed_is_started_again(process, artifact, caplog):
    before = process.sha256(artifact)
    process._process.kill()
    process._process.wait()
    assert process.sha256(artifact) == before
    check(loaded(process, artifact))
    assert warned(caplog) == []


def test_without_a_process_the_server_does_it_and_says_so(process, artifact, caplog, monkeypatch):
    monkeypatch.setattr(table_process, "COMMAND", ("/no/such/program",))
    check(loaded(process, artifact))
    assert process.sha256(artifact) == hashlib.sha256(artifact.read_bytes()).hexdigest()
    assert all("its process for that did not: [Errno 2] No such file" in line for line in warned(caplog))
    assert len(warned(caplog)) == 2


def test_a_damaged_vocabulary_is_named_when_it_is_looked_up(process, tmp_path):
    blob, _ = Vocabulary(["tea"]).pack()
    arrays, path = ArrayWriter(), tmp_path / "damaged"
    packed = {"words": {"$vocabulary": [arrays.put(blob), arrays.put(np.array([0, 9], np.uint32))]}}
    write_artifact(path, packed, arrays)
    with pytest.raises(ArtifactCorrupt, match="overlap or lie outside"):
        _ = loaded(process, path)["words"].find


def test_a_closed_process_is_not_started_again(process, artifact, caplog):
    process.sha256(artifact)
    process.close()
    check(loaded(process, artifact))
    assert process._process is None or process._process.poll() is not None
    assert warned(caplog) == []


def test_small_artifacts_need_no_process(artifact):
    process = TableProcess()
    check(loaded(process, artifact))
    assert process.sha256(artifact) == hashlib.sha256(artifact.read_bytes()).hexdigest()
    assert process._process is None


def test_one_that_ends_by_itself_leaves_nothing_behind(process, artifact):
    check(loaded(process, artifact))
    pid = process._process.pid
    os.kill(pid, signal.SIGTERM)
    until(lambda: not Path(f"/proc/{pid}").exists())
    check(loaded(process, artifact))
