"""What a model's callers notice while another model of the same server is flooded.

    python -m benchmarks.fairness [--rounds 5] [--seconds 5] [--rate 500] [--flood 256]

`argosy serve` on one core serves `neighbour` and `text`, both tf-idf of 20,000 words and logistic regression. An
open-loop client asks `neighbour` at `--rate`, first alone, then while `--flood` connections ask `text` as fast as they
can; both clients are on another core, the flood at a lower priority. The last line is one JSON object of medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from argosy.processes import single_threaded
from benchmarks.served_models import prepare
from benchmarks.server_process import client, wrk
from benchmarks.serving import Target, argosy_running, report

LONGER_SECONDS = 2
"""That the flood lasts beyond the measurement."""
MODELS = ("text", "neighbour")


def measure(target: Target, seconds: float, rate: float, flood: int) -> dict[str, float]:
    asked = [target.urls["neighbour"], str(target.bodies), "--rate", str(rate), "--seconds", str(seconds)]
    rest = client("open_loop", *asked, "--connections", "16")
    with ThreadPoolExecutor(1) as pool:
        flooding = pool.submit(wrk, target.urls["text"], target.bodies, flood, seconds + LONGER_SECONDS, nice=10)
        found = client("open_loop", *asked, "--connections", "16")
        flooded = flooding.result()
    return {
        "neighbour_p99_ms": found["p99_ms"],
        "neighbour_p50_ms": found["p50_ms"],
        "rest_p99_ms": rest["p99_ms"],
        "flood_rps": flooded["rps"],
        "failed": rest["failed"] + found["failed"] + flooded["failed"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--flood", type=int, default=256)
    given = parser.parse_args()
    os.environ.update(single_threaded())
    rounds = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        report("training the models that are served")
        prepared = prepare(Path(scratch) / "prepared", MODELS)
        for number in range(given.rounds):
            folder = Path(tempfile.mkdtemp(dir=scratch))
            with argosy_running(prepared, folder, MODELS) as target:
                wrk(target.urls["neighbour"], target.bodies, 16, 1)
                rounds.append(measure(target, given.seconds, given.rate, given.flood))
            report(f"round {number + 1}: {json.dumps(rounds[-1])}")
    found = {name: round(statistics.median([one[name] for one in rounds]), 3) for name in rounds[0]}
    print(json.dumps({**found, "failed": sum(one["failed"] for one in rounds)}))


if __name__ == "__main__":
    main()
