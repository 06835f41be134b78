"""A cluster whose servers, connections and workers are disturbed, each way once; the long form is in tests/proof."""

from proof_cluster_storm import cluster_storm
from proof_disturbances import QUICK

DEFINITIONS = 50


def test_nothing_is_lost_in_a_storm_of_the_cluster(cluster, cluster_ground):
    found = cluster_storm(cluster, cluster_ground(), DEFINITIONS, 1, seed=7, disturbances=QUICK, workers=(0, 2))
    assert found["definitions"] == DEFINITIONS
    assert found["leases lost"] > 0
