"""The long form of the cluster's storm: a thousand definitions, and some minutes of continuous failures."""

from proof_cluster_storm import cluster_storm
from proof_disturbances import ALL

DEFINITIONS = 1000
ROUNDS = 5
WORKERS = (2, 2)


def test_cluster_storm(cluster, cluster_ground, tell, seed):
    calm = cluster_storm(cluster, cluster_ground(), DEFINITIONS, 0, seed, (), WORKERS)
    found = cluster_storm(cluster, cluster_ground(), DEFINITIONS, ROUNDS, seed, ALL, WORKERS)
    tell({**found, "seconds undisturbed": calm["seconds"], "times as long": found["seconds"] / calm["seconds"]})
    assert found["definitions"] == calm["definitions"] == DEFINITIONS
    assert found["leases lost"] > 0
