"""Makes the project that the proofs use."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from proof_cluster import cluster, cluster_ground  # noqa: F401  # fixtures
from proof_ground import ground  # noqa: F401
