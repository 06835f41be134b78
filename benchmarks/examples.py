"""How fast examples are imported encrypted, and whether memory grows with the file.

GoEmotions once and ten times over (texts repeated with suffixes, so that all are distinct), each import in a fresh
process on a fresh database with the defaults of a project: file parsed, inputs hashed and sealed, conflicts settled,
one commit. Import time is wall time without the start of the process; memory is the process's peak resident set.
Rounds are interleaved and medians reported. Run as `python -m benchmarks.examples [--rounds N] [--engine postgresql]`;
PostgreSQL is that of `POSTGRESQL_URL`, else a private one with `fsync` on, and rows reach it by COPY.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import new_database, postgresql_server

DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data"))
TIMES = (1, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    rounds = given.rounds
    with tempfile.TemporaryDirectory() as name, server_of(given.engine) as server:
        folder = Path(name)
        files = {times: repeated(DATA / "text/goemotions.jsonl.gz", folder, times) for times in TIMES}
        runs: dict[int, list[dict[str, float]]] = {times: [] for times in TIMES}
        for at in range(rounds):
            for times, file in files.items():
                runs[times].append(in_fresh_process(file, server))
                print(f"round {at + 1}, x{times}: {runs[times][-1]}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(json.dumps({"engine": given.engine, **summary(runs)}))


def summary(runs: dict[int, list[dict[str, float]]]) -> dict[str, float]:
    """Medians; `rows_s` is the slower of the two sizes."""

    def median(times: int, key: str) -> float:
        return statistics.median(run[key] for run in runs[times])

    return {
        "rows_s": min(round(median(times, "rows_s")) for times in TIMES),
        "rows_s_x1": round(median(1, "rows_s")),
        "rows_s_x10": round(median(10, "rows_s")),
        "rss_x1_mb": round(median(1, "rss_mb"), 1),
        "rss_x10_mb": round(median(10, "rss_mb"), 1),
    }


def repeated(source: Path, folder: Path, times: int) -> Path:
    """The file `times` over; every copy but the first has a suffix in each text."""
    target = folder / f"goemotions_x{times}.jsonl.gz"
    with gzip.open(target, "wt", compresslevel=1) as out:
        for copy in range(times):
            with gzip.open(source, "rt") as lines:
                for line in lines:
                    row = json.loads(line)
                    out.write(json.dumps({**row, "text": f"{row['text']} {copy}" if copy else row["text"]}) + "\n")
    return target


@contextmanager
def server_of(engine: str) -> Iterator[str]:
    """The URL of a server; empty for an engine that has none."""
    if engine == "sqlite":
        yield ""
    else:
        with postgresql_server() as server:
            yield server


def in_fresh_process(file: Path, server: str) -> dict[str, float]:
    if server:
        with new_database(server) as url:
            return _imported(file, url)
    with tempfile.TemporaryDirectory() as folder:
        return _imported(file, f"sqlite:///{folder}/argosy.db")


def _imported(file: Path, url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.examples_import", str(file), url]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    run: dict[str, float] = json.loads(found)
    return run


if __name__ == "__main__":
    main()
