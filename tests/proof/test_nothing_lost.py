"""Nothing is lost: the long checks. A short form of each runs with the other tests, in `tests/integration/proof`."""

from proof_disks import small_disk
from proof_outages import full_artifacts, full_database, full_spool
from proof_storms import crash_storm, pause_storm, two_of_everything

DEFINITIONS = 200
KILLS = {"worker": 50, "server": 14, "submitter": 10, "relay": 14, "drainer": 12}
PAUSES = 60
TIMES_FULL = 8
MEGABYTE = 1 << 20


def test_crash_storm(ground, tell, seed):
    site = ground(DEFINITIONS)
    found = crash_storm(site, KILLS, seed, worker=lambda: site.argosy("worker", "--in-process"))
    tell(found)
    assert sum(found["kills"].values()) == 100
    assert found["leases lost"] > 0
    assert min(found["answered"], found["corrections"]) > 0


def test_pause_storm(ground, tell, seed):
    found = pause_storm(ground(DEFINITIONS), PAUSES, seed)
    tell(found)
    assert found["workers stopped in a job"] >= PAUSES
    assert found["LeaseLost"] >= found["of these, jobs taken away"] >= PAUSES // 2


def test_full_disk_of_the_database(ground, tell, spares, tmp_path):
    with small_disk(tmp_path / "disk", 48 * MEGABYTE) as disk:
        site = ground(DEFINITIONS, f"database: sqlite:///{disk.folder}/argosy.db\n")
        tell(full_database(site, disk, spares(TIMES_FULL)))


def test_full_disk_of_the_artifacts(ground, tell, spares, tmp_path):
    with small_disk(tmp_path / "disk", 16 * MEGABYTE) as disk:
        site = ground(DEFINITIONS, f"artifacts: file:{disk.folder}/artifacts\n")
        found = full_artifacts(site, disk, spares(TIMES_FULL))
        tell(found)
        assert found["times full"] == TIMES_FULL


def test_full_disk_of_the_spool(ground, tell, spares):
    site = ground(DEFINITIONS)
    with small_disk(site.project.spool, MEGABYTE) as disk:
        tell(full_spool(site, disk, spares(TIMES_FULL)))


def test_two_of_everything(ground, tell):
    found = two_of_everything(ground(DEFINITIONS), seconds=20.0)
    tell(found)
    assert found["queued twice"] == 0
