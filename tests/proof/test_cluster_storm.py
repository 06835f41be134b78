"""The long form of the cluster's storm: a thousand definitions, and some minutes of continuous failures."""

from proof_cluster_storm import cluster_storm
from proof_disks import small_disk
from proof_disturbances import ALL, ON_A_DISK

DEFINITIONS = 1000
ON_DISK = 200
ROUNDS = 5
WORKERS = (2, 2)
DISK_BYTES = 32 << 20


def test_cluster_storm(cluster, cluster_ground, tell, seed):
    calm = cluster_storm(cluster, cluster_ground(), DEFINITIONS, 0, seed, (), WORKERS)
    found = cluster_storm(cluster, cluster_ground(), DEFINITIONS, ROUNDS, seed, ALL, WORKERS)
    tell({**found, "seconds undisturbed": calm["seconds"], "times as long": found["seconds"] / calm["seconds"]})
    assert found["definitions"] == calm["definitions"] == DEFINITIONS
    assert found["leases lost"] > 0


def test_cluster_storm_with_artifacts_on_a_disk_that_fills_up(cluster, cluster_ground, tell, seed, tmp_path):
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        found = cluster_storm(cluster, cluster_ground(disk), ON_DISK, 1, seed, ON_A_DISK, WORKERS)
        tell(found)
    assert found["definitions"] == ON_DISK
    assert found["disturbances"]["fill_disk"] > 0
