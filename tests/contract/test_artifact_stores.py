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
