"""What clients notice while versions load, warm up, swap and unload: an open-loop client at rest, then during swaps.

    python -m benchmarks.swap [--seconds 20] [--share 0.7] [--scale 1] [--one-core]

`argosy serve` serves `text`, whose versions have 200 MB each (500,000 n-grams, 47 classes), and `neighbour`, of 1 GB
each (250,000 and 497). The client asks `text` at 70 % of what 64 connections bear, for 20 s at rest and then for as
long while both models' aliases move back and forth: a swap ends when both models' new versions are shown as available
and their old ones as gone. An answer is wrong whose version had been replaced before the request was sent. Without
`--one-core` the server may use every core; the client has the last one.

With `--closed-loop` it is another measurement: see `benchmarks.swap_closed_loop`, which takes the further options.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from argosy.models.adapted_model import AdaptedModel
from argosy.models.vocabulary import Vocabulary
from argosy.processes import single_threaded
from benchmarks import swap_closed_loop
from benchmarks.open_loop import Answer
from benchmarks.served_models import Prepared, keep, prepare, promote
from benchmarks.server_process import SERVER_CORE, client, wrk
from benchmarks.serving import argosy_running, report

LARGE = {"text": (500_000, 47), "neighbour": (250_000, 497)}
"""The n-grams and classes of each model's versions."""
WARM_SECONDS, CAPACITY_SECONDS = 3, 5
POLL_SECONDS = 0.02
Moves = list[tuple[float, int]]
"""When an alias was moved, by `time.perf_counter`, and to which version."""


def large(model: AdaptedModel, grams: int, classes: int, number: int) -> AdaptedModel:
    """The model with n-grams and classes that no text has, so that its artifact is large; another for each number."""
    fitted: Any = model.adapter
    linear: Any = model.estimator
    known, own = linear.weights_.shape
    adapter, estimator = fitted.unfitted(), linear.unfitted()
    adapter.vocabulary_ = Vocabulary([*fitted.vocabulary_.entries, *(f"filler {n}" for n in range(grams - known))])
    adapter.idf_ = np.concatenate([fitted.idf_, np.ones(grams - known)])
    estimator.weights_ = np.zeros((grams, classes))
    estimator.weights_[:known, :own] = linear.weights_
    estimator.bias_ = np.full(classes, -1000.0 - number)  # a probability of exactly 0, which is short in an answer
    estimator.bias_[:own] = linear.bias_
    estimator.columns_, estimator.converged_ = None, True
    return AdaptedModel(adapter, estimator, [*model.classes, *(f"none {n}" for n in range(classes - own))])


def add_large_versions(prepared: Prepared, scale: float) -> dict[str, float]:
    """Versions 2 and 3 of both models; the megabytes of each."""
    import argosy

    sizes = {}
    with argosy.open(prepared.project) as project:
        small = project.models["text@1"]
        for name, (grams, classes) in LARGE.items():
            for number in (2, 3):
                model = large(small, int(grams * scale), classes, number)
                assert keep(project.backends, model, name, number) == number
                promote(project.backends, name, number)
            sizes[f"{name}_mb"] = round(project.models.trained(f"{name}@3").size_bytes / 1e6, 1)
    return sizes


class Swapping:
    """Moves both aliases back and forth until it is stopped; `moves` are those of the model that is asked."""

    def __init__(self, project: Path, base: str) -> None:
        self._project, self._base = project, base
        self.stop = threading.Event()
        self.moves: Moves = [(0.0, 3)]
        self.swaps = 0

    def run(self) -> None:
        import argosy

        with argosy.open(self._project) as project:
            while not self.stop.is_set():
                old = self.moves[-1][1]
                new = 5 - old
                self.moves.append((time.perf_counter(), new))
                for name in LARGE:
                    promote(project.backends, name, new)
                if all(self._until(name, new, "AVAILABLE") and self._until(name, old, "END") for name in LARGE):
                    self.swaps += 1

    def _until(self, name: str, version: int, state: str) -> bool:
        """Whether the server shows the version in that state before the end."""
        while not self.stop.is_set():
            if self.states(name).get(version, "END") == state:
                return True
            time.sleep(POLL_SECONDS)
        return False

    def states(self, name: str) -> dict[int, str]:
        with urllib.request.urlopen(f"{self._base}/v1/models/{name}", timeout=10) as answer:
            found = json.loads(answer.read())["model_version_status"]
        return {int(one["version"]): one["state"] for one in found}


def wrong_versions(answers: Sequence[Answer], moves: Moves) -> int:
    """Answers of a version that the alias had not come to yet, or that others had replaced before they were asked."""
    ended = sorted((one.ended, one.version) for one in answers if one.version)
    seen: list[tuple[float, int]] = []
    """When the version of each move answered first, and which move that is."""
    for number, (moved, version) in enumerate(moves):
        later = moves[number + 1][0] if number + 1 < len(moves) else float("inf")
        first = next((when for when, who in ended if who == version and moved <= when < later), None)
        if first is not None:
            seen.append((first, number))
    wrong = 0
    for one in answers:
        oldest = max((number for when, number in seen if when < one.sent), default=0)
        newest = max(number for number, (moved, _) in enumerate(moves) if moved <= one.ended)
        allowed = {version for _, version in moves[oldest : newest + 1]}
        wrong += bool(one.version) and one.version not in allowed
    return wrong


def measure(url: str, bodies: Path, swapping: Swapping, rate: float, seconds: float, folder: Path) -> dict[str, Any]:
    asked = [url, str(bodies), "--rate", str(rate), "--seconds", str(seconds)]
    rest = client("open_loop", *asked)
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(swapping.run)
        try:
            swap = client("open_loop", *asked, "--record", str(folder / "answers"))
        finally:
            swapping.stop.set()
        moving.result()
    answers = [Answer(*json.loads(line)) for line in (folder / "answers").read_text().splitlines()]
    wrong = wrong_versions(answers, swapping.moves)
    return {
        "rest_p99_ms": rest["p99_ms"],
        "swap_p99_ms": swap["p99_ms"],
        "ratio": round(swap["p99_ms"] / rest["p99_ms"], 2),
        "failed": rest["failed"] + swap["failed"] + wrong,
        "wrong_versions": wrong,
        "swaps": swapping.swaps,
        "rest_p50_ms": rest["p50_ms"],
        "swap_p50_ms": swap["p50_ms"],
        "rps": swap["rps"],
        "client_load": [rest["client_load"], swap["client_load"]],
    }


def main() -> None:
    if sys.argv[1:2] == ["--closed-loop"]:
        swap_closed_loop.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--share", type=float, default=0.7, help="of the capacity")
    parser.add_argument("--scale", type=float, default=1.0, help="of the versions' sizes; at least 0.1")
    parser.add_argument("--one-core", action="store_true", help="give the server one core")
    given = parser.parse_args()
    os.environ.update(single_threaded())
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        report("training the model, and making its large versions")
        prepared = prepare(Path(scratch) / "prepared", LARGE)
        sizes = add_large_versions(prepared, given.scale)
        folder, core = Path(scratch) / "server", SERVER_CORE if given.one_core else None
        folder.mkdir()
        with argosy_running(prepared, folder, [*LARGE], core) as target:
            url = target.urls["text"]
            wrk(url, target.bodies, 64, WARM_SECONDS)
            rate = wrk(url, target.bodies, 64, CAPACITY_SECONDS)["rps"] * given.share
            report(f"{sizes}, asked at {rate:.0f}/s")
            swapping = Swapping(folder / "project", url.partition("/v2/")[0])
            found = measure(url, target.bodies, swapping, rate, given.seconds, folder)
    print(json.dumps({**found, **sizes}))


if __name__ == "__main__":
    main()
