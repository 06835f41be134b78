"""Behaviour of the local folder beyond the contract."""

import os
import time

import pytest

from argosy.errors import DefinitionInvalid
from argosy.store.artifacts.local import ABANDONED_SECONDS, LocalArtifacts


@pytest.mark.parametrize("form", ["file:{}", "file://{}"])
def test_urls(tmp_path, form):
    assert LocalArtifacts(form.format(tmp_path / "artifacts")).folder == tmp_path / "artifacts"


@pytest.mark.parametrize("url", ["file:", "s3://bucket", ".argosy/artifacts"])
def test_what_names_no_folder(url):
    with pytest.raises(DefinitionInvalid, match="write file:PATH"):
        LocalArtifacts(url)


def test_nothing_is_made_before_it_is_needed(tmp_path):
    store = LocalArtifacts(f"file:{tmp_path}/artifacts")
    assert not store.exists("0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_behind_is_swept_but_not_what_is_being_written(tmp_path):
    store = LocalArtifacts(f"file:{tmp_path}/artifacts")
    (tmp_path / "source").write_bytes(b"content")
    store.put(tmp_path / "source")
    incoming = store.folder / "incoming"
    (incoming / "old").write_bytes(b"half")
    (incoming / "new").write_bytes(b"half")
    long_ago = time.time() - ABANDONED_SECONDS - 1
    os.utime(incoming / "old", (long_ago, long_ago))
    store.put(tmp_path / "source")
    assert [path.name for path in incoming.iterdir()] == ["new"]


def test_an_artifact_cut_short_is_replaced(tmp_path):
    store = LocalArtifacts(f"file:{tmp_path}/artifacts")
    (tmp_path / "source").write_bytes(b"content")
    path = store.path(store.put(tmp_path / "source"))
    path.chmod(0o644)
    path.write_bytes(b"cont")
    path.chmod(0o444)
    assert store.fetch(store.put(tmp_path / "source")).read_bytes() == b"content"


def test_artifacts_are_not_to_be_written(tmp_path):
    store = LocalArtifacts(f"file:{tmp_path}/artifacts")
    (tmp_path / "source").write_bytes(b"content")
    assert store.path(store.put(tmp_path / "source")).stat().st_mode & 0o777 == 0o400
