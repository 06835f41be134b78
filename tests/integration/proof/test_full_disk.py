"""Full disks: a clear error, no corruption, and work continues with new space. The long form is in tests/proof."""

import pytest
from proof_disks import small_disk
from proof_outages import full_artifacts, full_database, full_spool

MEGABYTE = 1 << 20


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", 16 * MEGABYTE) as made:
        yield made


def test_a_full_database_refuses_clearly_and_recovers(ground, disk):
    site = ground(6, f"database: sqlite:///{disk.folder}/argosy.db\n")
    assert full_database(site, disk, spares=[0])["answered"] > 0


def test_a_full_artifact_store_postpones_jobs_and_recovers(ground, disk):
    site = ground(6, f"artifacts: file:{disk.folder}/artifacts\n")
    assert full_artifacts(site, disk, spares=[0])["times full"] == 1


def test_a_full_spool_is_reported_and_recovers(ground, tmp_path):
    site = ground(6)
    with small_disk(site.project.spool, MEGABYTE) as disk:
        assert full_spool(site, disk, spares=[0])["refused meanwhile"] > 0
