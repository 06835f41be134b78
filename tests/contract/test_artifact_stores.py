"""Every artifact store against its contract."""

import pytest

from argosy.store.artifacts.local import LocalArtifacts
from argosy.testing.artifact_stores import CHECKS, Bench


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_local(check, tmp_path):
    def opened():
        return LocalArtifacts(f"file:{tmp_path}/artifacts")

    def damage(digest):
        path = opened().path(digest)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)

    check(Bench(opened, damage, tmp_path))
    assert list(tmp_path.glob("artifacts/incoming/*")) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_s3(check, tmp_path, bucket):
    from argosy.store.artifacts.object_storage import ObjectArtifacts

    def opened():
        return ObjectArtifacts(bucket.url, tmp_path / "cache")

    def damage(digest):
        content = bytearray(bucket.read(digest))
        content[len(content) // 2] ^= 1
        bucket.write(digest, bytes(content))
        opened().cache.drop(digest)

    check(Bench(opened, damage, tmp_path))
    assert list(tmp_path.glob("cache/incoming/*")) == []
