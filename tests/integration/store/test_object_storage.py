"""Artifacts in S3: failures of requests, and the local cache."""

import os
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from argosy.errors import ArtifactCorrupt, ArtifactNotFound, ArtifactsUnavailable, DefinitionInvalid
from argosy.store.artifacts.object_storage import ObjectArtifacts
from argosy.testing.waiting import PATIENCE
from servers.faulty_http import FaultyProxy
from servers.rabbitmq import free_ports

GET = """
import sys
from pathlib import Path
from argosy.store.artifacts.object_storage import ObjectArtifacts
print(ObjectArtifacts(sys.argv[1], Path(sys.argv[2])).fetch(sys.argv[3]).stat().st_size)
"""


@pytest.fixture
def proxy(s3_server):
    parts = urlsplit(s3_server)
    proxy = FaultyProxy(parts.hostname, parts.port)
    yield proxy
    proxy.close()


@pytest.fixture
def far(bucket, proxy, s3_server):
    """The bucket's URL through the proxy."""
    return bucket.url.replace(s3_server, proxy.url)


def put(url, folder, content):
    source = folder / "source"
    source.write_bytes(content)
    return ObjectArtifacts(url, folder / "cache").put(source)


def age(store, digest):
    """Set the copy's last use to an hour ago."""
    path = store.cache.find(digest)
    os.utime(path, (path.stat().st_atime - 3600, path.stat().st_mtime - 3600))


def test_a_failing_server_is_retried(far, proxy, tmp_path):
    proxy.faults = ["503", "503"]
    digest = put(far, tmp_path, b"content" * 1000)
    proxy.faults = ["503", "cut", ""]
    assert ObjectArtifacts(far, tmp_path / "other").fetch(digest).read_bytes() == b"content" * 1000


def test_an_object_that_is_always_cut_short_never_gets_its_name(far, proxy, tmp_path):
    digest = put(far, tmp_path, b"content" * 1000)
    proxy.faults = ["cut"] * 1000
    store = ObjectArtifacts(far, tmp_path / "other")
    with pytest.raises((ArtifactsUnavailable, ArtifactCorrupt)):
        store.fetch(digest)
    assert store.cache.find(digest) is None
    assert list((tmp_path / "other" / "incoming").iterdir()) == []
    proxy.faults = []
    assert store.fetch(digest).read_bytes() == b"content" * 1000


def test_an_artifact_is_fetched_once_for_all_callers(far, proxy, tmp_path):
    digest = put(far, tmp_path, os.urandom(3_000_000))
    proxy.counts.clear()
    cache = tmp_path / "other"
    children = [
        subprocess.Popen([sys.executable, "-c", GET, far, str(cache), digest], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    threads = [threading.Thread(target=ObjectArtifacts(far, cache).fetch, args=(digest,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.communicate(timeout=PATIENCE)[0].strip() for child in children] == ["3000000"] * 3
    assert proxy.counts["GET"] == 1


def test_the_cache_is_bounded_and_drops_what_was_used_longest_ago(bucket, tmp_path):
    url = f"{bucket.url}&cache_gb=0.00025"
    store = ObjectArtifacts(url, tmp_path / "cache")
    digests = [put(url, tmp_path, bytes([number]) * 100_000) for number in range(2)]
    for digest in digests:
        age(store, digest)
    store.path(digests[0])
    third = put(url, tmp_path, b"x" * 100_000)
    assert store.cache.find(digests[1]) is None
    assert store.cache.find(digests[0]) is not None
    assert store.cache.find(third) is not None
    assert store.fetch(digests[1]).stat().st_size == 100_000


def test_a_damaged_copy_is_replaced(bucket, tmp_path):
    digest = put(bucket.url, tmp_path, b"content")
    store = ObjectArtifacts(bucket.url, tmp_path / "cache")
    copy = store.path(digest)
    copy.chmod(0o600)
    copy.write_bytes(b"another")
    assert store.fetch(digest).read_bytes() == b"content"


def test_a_copy_serves_without_the_server(far, proxy, tmp_path):
    digest = put(far, tmp_path, b"content")
    proxy.close()
    assert ObjectArtifacts(far, tmp_path / "cache").fetch(digest).read_bytes() == b"content"


def test_a_missing_server_is_one_line_without_a_secret(bucket, s3_server, tmp_path, monkeypatch):
    (port,) = free_ports(1)
    monkeypatch.setattr("argosy.store.object_client._RETRY", {"max_retries": 0})
    store = ObjectArtifacts(bucket.url.replace(s3_server, f"http://127.0.0.1:{port}"), tmp_path / "cache")
    with pytest.raises(ArtifactsUnavailable) as refused:
        store.fetch("0" * 64)
    said = str(refused.value)
    assert said.startswith(f"s3://{bucket.name}/of/tests: ")
    assert "\n" not in said
    assert "s3cret" not in said


def test_a_bucket_that_is_not_there_is_no_missing_artifact(bucket, tmp_path):
    store = ObjectArtifacts(bucket.url.replace(bucket.name, "nowhere"), tmp_path / "cache")
    source = tmp_path / "source"
    source.write_bytes(b"content")
    for ask in (lambda: store.put(source), lambda: store.fetch("0" * 64), lambda: list(store.list_artifacts())):
        with pytest.raises(ArtifactsUnavailable, match="NoSuchBucket"):
            ask()
    with pytest.raises(ArtifactNotFound):
        ObjectArtifacts(bucket.url, tmp_path / "cache").fetch("0" * 64)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://", "no bucket"),
        ("s3:///prefix", "no bucket"),
        ("s3://key:s3cret@bucket", "environment"),
        ("s3://bucket?color=red", "color"),
        ("s3://bucket?cache_gb=much", "much"),
    ],
)
def test_what_names_no_bucket_is_refused(url, said, tmp_path):
    with pytest.raises(DefinitionInvalid, match=said) as refused:
        ObjectArtifacts(url, tmp_path)
    assert "s3cret" not in str(refused.value)
