"""What each further process of a server costs: memory with a large model, and descriptors.

    python -m benchmarks.processes [--processes 1 2 4] [--words 500000] [--classes 47]

`argosy serve --workers N` serves one model whose weights every process has read to the last page: requests name every
word that is far enough from the one before to be on another page, over connections that reach all processes. PSS is
from `smaps_rollup`, that of the model from the mappings of its artifact in `smaps`; the drainer and the command itself
are counted too. Then the settings are reloaded by SIGHUP, and descriptors are counted before and after. The last line
is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import argosy
from argosy.app.scaffold import create_project
from argosy.models.adapted_model import AdaptedModel
from argosy.models.vocabulary import Vocabulary
from argosy.processes import single_threaded
from benchmarks.served_models import keep, promote
from benchmarks.server_process import ROOT, ask, descendants, free_ports, pss_mb, running, until_answered
from benchmarks.serving import report

PAGE_BYTES = 4096
ROW_WORDS = 500
"""Of a text."""
ASKS = 16
"""Requests for each process, over a connection each: one in a million times a process gets none."""
NAME = "text"
ARTIFACT = re.compile(r"/artifacts/")


def large(words: int, classes: int) -> AdaptedModel:
    """A linear model of that many words `w0`, `w1`, …; its weights are drawn."""
    labels = [f"class {number}" for number in range(classes)]
    fitted = AdaptedModel.from_names("tfidf", {"min_count": 1}, "logistic", {}).fit(
        ["w0 a", "w1 b"] * 2, ["a", "b"] * 2
    )
    adapter: Any = fitted.adapter.unfitted()
    linear: Any = fitted.estimator.unfitted()
    adapter.vocabulary_, adapter.idf_ = Vocabulary([f"w{number}" for number in range(words)]), np.ones(words)
    linear.weights_ = np.random.default_rng(0).normal(size=(words, classes))
    linear.bias_, linear.columns_, linear.converged_ = np.zeros(classes), None, True
    return AdaptedModel(adapter, linear, labels)


def bodies(words: int, classes: int) -> Iterator[bytes]:
    """Requests that together read a word of every page."""
    stride = max(1, PAGE_BYTES // (8 * classes))
    named = [f"w{number}" for number in range(0, words, stride)]
    texts = [" ".join(named[at : at + ROW_WORDS]) for at in range(0, len(named), ROW_WORDS)]
    for at in range(0, len(texts), 100):
        rows = texts[at : at + 100]
        tensor = {"name": "text", "shape": [len(rows)], "datatype": "BYTES", "data": rows}
        yield json.dumps({"inputs": [tensor], "outputs": [{"name": "label"}]}).encode()


def model_mb(pid: int) -> dict[str, float]:
    """Of one process: what is mapped of artifacts and read, and its share of that."""
    found, is_artifact = {"Rss": 0, "Pss": 0}, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in found and is_artifact:
            found[name] += int(rest.split()[0])
        elif re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_artifact = ARTIFACT.search(line) is not None
    return {name: round(size / 1024, 1) for name, size in found.items()}


def open_descriptors(pid: int) -> int:
    return sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in (pid, *descendants(pid)))


def helps_loading(pid: int) -> bool:
    """Whether a program is there that has made what versions need before they can answer."""
    return any(b"table_program" in Path(f"/proc/{one}/cmdline").read_bytes() for one in descendants(pid))


def is_ready(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/v2/health/ready", timeout=10) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def metric(base: str, name: str) -> float:
    with urllib.request.urlopen(f"{base}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


def measure(project: Path, count: int, asked: list[bytes], folder: Path) -> dict[str, Any]:
    settings = project / "argosy.yaml"
    settings.write_text("name: processes\nserver: {log_share: 0}\n")
    [port] = free_ports(1)
    command = [sys.executable, "-m", "argosy", "--project", str(project), "serve", "--port", str(port)]
    environment = {**os.environ, **single_threaded(), "PYTHONPATH": str(ROOT / "src")}
    with running([*command, "--workers", str(count)], folder, environment, None) as process:
        base = f"http://127.0.0.1:{port}"
        url = f"{base}/v2/models/{NAME}/infer"
        until_answered(process, url, asked[0], folder)
        while not is_ready(base):  # the first to answer is not the last to load
            time.sleep(0.05)
        for body in asked * (ASKS * count if count > 1 else 1):
            ask(url, body)
        while helps_loading(process.pid):  # it ends some time after the last version was loaded
            time.sleep(0.1)
        before = open_descriptors(process.pid)
        serving = [one for one in descendants(process.pid) or [process.pid] if model_mb(one)["Rss"] > 1]
        serving = serving or [process.pid]
        models = [model_mb(one) for one in serving]
        found = {
            "processes": count,
            "pss_mb": pss_mb(process.pid),
            "model_read_mb": [one["Rss"] for one in models],
            "model_pss_mb": round(sum(one["Pss"] for one in models), 1),
        }
        settings.write_text("name: processes\nserver: {log_share: 0}\nlimits: {rows: 999}\n")
        process.send_signal(signal.SIGHUP)
        log, deadline = folder / "server.log", time.monotonic() + 30
        while "limits.rows" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        for body in asked * ASKS * count:
            ask(url, body)
        changes = log.read_text().count("limits.rows: 1000")
        running_processes = metric(base, "argosy_server_processes") if count > 1 else 1
        descriptors = [before, open_descriptors(process.pid)]
    return {
        **found,
        "descriptors": descriptors,
        "changes_logged": changes,
        "argosy_server_processes": running_processes,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--words", type=int, default=500_000)
    parser.add_argument("--classes", type=int, default=47)
    given = parser.parse_args()
    os.environ.update(single_threaded())
    asked = list(bodies(given.words, given.classes))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        project = Path(scratch) / "project"
        create_project(project, "processes")
        with argosy.open(project) as opened:
            promote(opened.backends, NAME, keep(opened.backends, large(given.words, given.classes), NAME, 1))
            size = round(opened.models.trained(f"{NAME}@1").size_bytes / 1e6, 1)
        report(f"a model of {size} MB")
        rounds = []
        for count in given.processes:
            rounds.append(measure(project, count, asked, Path(tempfile.mkdtemp(dir=scratch))))
            report(json.dumps(rounds[-1]))
    print(json.dumps({"artifact_mb": size, "rounds": rounds}))


if __name__ == "__main__":
    main()
