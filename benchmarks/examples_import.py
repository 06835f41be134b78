"""One import in a process of its own, for `benchmarks.examples`: prints rows a second and the peak resident set."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from argosy.app.backends import database as opened
from argosy.datasets.examples import Examples
from argosy.vault import Vault
from argosy.vault.keys.file import FileKeys


def main(path: Path, url: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = opened(url, folder)
        keys = FileKeys(folder / "keys")
        keys.create("examples")
        examples = Examples(database, Vault(database, keys))
        start = time.perf_counter()
        report = examples.import_file("goemotions", path, on_conflict="latest")
        seconds = time.perf_counter() - start
        rows = report.added + report.revised + report.duplicates + report.dropped
        database.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": round(seconds, 3), "rows_s": rows / seconds, "rss_mb": peak_mb}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
