"""The server beside others: requests a second, latency and memory, each server alone on one core.

    python -m benchmarks.serving [--rounds 5] [--seconds 5] [--only NAME …] [--prepared FOLDER]

Argosy (`argosy serve`, with its ids, metrics and token check) and the peers of `benchmarks.peers` in turn, in rounds;
the figures are medians over the rounds. `argosy` logs no prediction, as the peers do not; `argosy_logged` logs each. A
server and its child processes have one core, the client another. One text a request, on 16 and on 64 connections:
`noop`, a constant in place of a model, and `text`, see `benchmarks.served_models`. Then an open-loop client at 70 % of
what `text` bore on 64 connections, the uncompiled pipeline (`plain`: Argosy imports it from a skops file, on a server
of its own; Triton's `text` is that pipeline), and V2 over gRPC. Memory is the process tree's proportional share after
all this. Every server must first give scikit-learn's probabilities.

Progress goes to standard error; then come a table and, as the last line, one JSON object. A figure is null where a
peer is not installed or did not start.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argosy.processes import single_threaded
from benchmarks.peers import PEERS, Peer, Ports, environment_of
from benchmarks.served_models import DIFFERENCE, Prepared, copy_of, prepare
from benchmarks.server_process import ROOT, SERVER_CORE, ask, client, free_ports, pss_mb, running, until_answered, wrk

OWN = {"argosy": 0.0, "argosy_logged": 1.0}
"""Argosy's two ways, and which share of the requests each logs."""
CONNECTIONS = (16, 64)
SHARE = 0.7
WARM_SECONDS = 1.0
COLUMNS = ("noop_16", "noop_64", "text_16", "text_64", "text_p99_ms", "plain_64", "grpc", "pss_mb", "failed")
Figures = dict[str, float]


@dataclass(frozen=True)
class Target:
    """A server that runs, and where it answers which model."""

    urls: Mapping[str, str]
    bodies: Path
    grpc: str
    pid: int


@contextmanager
def argosy_running(
    prepared: Prepared,
    folder: Path,
    models: Sequence[str] = ("noop", "text"),
    core: int | None = SERVER_CORE,
    log_share: float = 1.0,
) -> Iterator[Target]:
    project = copy_of(prepared.project, folder / "project")
    with (project / "argosy.yaml").open("a") as file:
        served = {"log_share": log_share, "models": {name: {} for name in models}}
        file.write(f"server: {json.dumps(served)}\n")
    http, grpc = free_ports(2)
    command = [sys.executable, "-m", "argosy", "--project", str(project), "serve", "--port", str(http)]
    environment = {**os.environ, **single_threaded(), "PYTHONPATH": str(ROOT / "src")}
    with running([*command, "--grpc-port", str(grpc)], folder, environment, core) as process:
        urls = {name: f"http://127.0.0.1:{http}/v2/models/{name}/infer" for name in models}
        body = prepared.bodies.read_bytes().splitlines()[0]
        for url in urls.values():
            until_answered(process, url, body, folder)
        yield Target(urls, prepared.bodies, f"127.0.0.1:{grpc}", process.pid)


@contextmanager
def peer_running(peer: Peer, prepared: Prepared, folder: Path) -> Iterator[Target]:
    ports = Ports(*free_ports(3))
    command = peer.command(folder, ports, prepared)
    bodies = prepared.column_bodies if peer.wants_columns else prepared.bodies
    with running(command, folder, environment_of(peer, prepared)) as process:
        base = f"http://127.0.0.1:{ports.http}"
        until_answered(process, base + peer.ready, bodies.read_bytes().splitlines()[0], folder)
        urls = {name: base + peer.infer.format(model=name) for name in peer.models}
        yield Target(urls, bodies, f"127.0.0.1:{ports.grpc}" if peer.speaks_grpc else "", process.pid)


def check_answers(target: Target, prepared: Prepared) -> None:
    """Raises RuntimeError unless the server gives scikit-learn's probabilities."""
    for model in {"text", "plain"} & target.urls.keys():
        for body, expected in zip(target.bodies.read_bytes().splitlines()[:20], prepared.expected, strict=False):
            outputs = {one["name"]: one["data"] for one in ask(target.urls[model], body)["outputs"]}
            given = outputs["probabilities"]
            if max(abs(one - other) for one, other in zip(given, expected, strict=True)) > DIFFERENCE:
                raise RuntimeError(f"{target.urls[model]} answers {given}, expected {expected}")


def measure(target: Target, prepared: Prepared, seconds: float) -> Figures:
    check_answers(target, prepared)
    found: Figures = {"failed": 0}

    def closed_loop(model: str, connections: int) -> None:
        wrk(target.urls[model], target.bodies, connections, WARM_SECONDS)
        one = wrk(target.urls[model], target.bodies, connections, seconds)
        found[f"{model}_{connections}"], found[f"{model}_{connections}_p99_ms"] = one["rps"], one["p99_ms"]
        found["failed"] += one["failed"]

    for model in target.urls:
        for connections in CONNECTIONS:
            closed_loop(model, connections)
    if "text" in target.urls:
        rate = ["--rate", str(found["text_64"] * SHARE), "--seconds", str(seconds)]
        one = client("open_loop", target.urls["text"], str(target.bodies), *rate)
        found["text_p99_ms"], found["client_load"] = one["p99_ms"], one["client_load"]
        found["failed"] += one["failed"]
    if "text" in target.urls and target.grpc:
        texts = ["--texts", str(prepared.texts)]
        one = client("grpc_load", target.grpc, "text", *texts, "--seconds", str(WARM_SECONDS))
        one = client("grpc_load", target.grpc, "text", *texts, "--seconds", str(seconds))
        found["grpc"], found["grpc_client_load"] = one["rps"], one["client_load"]
        found["failed"] += one["failed"]
    found["pss_mb"] = pss_mb(target.pid)
    return found


def measure_argosy(prepared: Prepared, folder: Path, seconds: float, log_share: float) -> Figures:
    """Without a log also `plain`, on a server of its own: what it takes is in another process, of scikit-learn."""
    with argosy_running(prepared, folder, log_share=log_share) as target:
        found = measure(target, prepared, seconds)
    if log_share:
        return found
    with argosy_running(prepared, folder, ["plain"], log_share=log_share) as target:
        plain = measure(target, prepared, seconds)
    return {**plain, **found, "plain_pss_mb": plain["pss_mb"], "failed": plain["failed"] + found["failed"]}


def measure_once(name: str, prepared: Prepared, folder: Path, seconds: float) -> Figures:
    if name in OWN:
        return measure_argosy(prepared, folder, seconds, OWN[name])
    with peer_running(PEERS[name], prepared, folder) as target:
        return measure(target, prepared, seconds)


def keys_of(figures: Mapping[str, Figures]) -> dict[str, Any]:
    """The named results, from the medians of every server; null where something was not measured."""

    def of(name: str, figure: str) -> float | None:
        return figures.get(name, {}).get(figure)

    def ratio(figure: str, peer: str, theirs: str = "") -> float | None:
        ours, other = of("argosy", figure), of(peer, theirs or figure)
        return round(ours / other, 2) if ours and other else None

    return {
        "noop_rps": of("argosy", "noop_64"),
        "noop_vs_asgi": ratio("noop_64", "asgi"),
        "noop_vs_asgi_16": ratio("noop_16", "asgi"),
        "text_rps": of("argosy", "text_64"),
        "text_p99_ms": of("argosy", "text_p99_ms"),
        "text_vs_mlserver": ratio("text_64", "mlserver"),
        "text_vs_mlserver_16": ratio("text_16", "mlserver"),
        "text_vs_triton_batched": ratio("text_64", "triton"),
        "sklearn_batched_vs_triton": ratio("plain_64", "triton", "text_64"),
        "grpc_vs_mlserver": ratio("grpc", "mlserver"),
        "pss_mb": max(filter(None, (of(name, "pss_mb") for name in OWN)), default=None),
        "text_logged_rps": of("argosy_logged", "text_64"),
        "text_logged_p99_ms": of("argosy_logged", "text_p99_ms"),
        "failed": sum(of(name, "failed") or 0 for name in OWN),
    }


def medians(rounds: Mapping[str, Sequence[Figures]]) -> dict[str, Figures]:
    """By server, of every figure; but failures are added up."""
    found = {}
    for name, each in rounds.items():
        gathered = {figure: [one[figure] for one in each] for figure in (each[0] if each else {})}
        found[name] = {figure: round(statistics.median(values), 3) for figure, values in gathered.items()}
        if each:
            found[name]["failed"] = sum(gathered["failed"])
    return found


def table(figures: Mapping[str, Figures]) -> str:
    lines = ["| server | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, found in figures.items():
        cells = [f"{found[column]:,.1f}" if column in found else "–" for column in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement, in whole seconds")
    parser.add_argument("--only", action="append", default=[], choices=[*OWN, *PEERS], help="may be repeated")
    parser.add_argument("--prepared", type=Path, help="a folder that keeps the trained models for the next run")
    given = parser.parse_args()
    os.environ.update(single_threaded())
    names = [name for name in (*OWN, *PEERS) if name in (given.only or (*OWN, *PEERS))]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        prepared = prepared_in(given.prepared or Path(scratch) / "prepared")
        figures = medians(run(names, prepared, Path(scratch), given.rounds, given.seconds))
    print(table(figures))
    print(json.dumps({**keys_of(figures), "servers": figures}))


def prepared_in(folder: Path) -> Prepared:
    """What an earlier run left there, else what is trained now."""
    if (folder / "done").exists():
        return Prepared(folder)
    report("training the models that are served")
    prepared = prepare(folder)
    (folder / "done").touch()
    return prepared


def run(
    names: Sequence[str], prepared: Prepared, scratch: Path, rounds: int, seconds: float
) -> dict[str, list[Figures]]:
    """Every server in turn, in every round; the next round begins with another."""
    found: dict[str, list[Figures]] = {name: [] for name in names}
    working = [name for name in names if name in OWN or is_installed(name)]
    for number in range(rounds):
        for name in [*working[number % len(working) :], *working[: number % len(working)]]:
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=scratch))
            try:
                found[name].append(measure_once(name, prepared, folder, seconds))
                report(f"round {number + 1} {name}: {json.dumps(found[name][-1])}")
            except RuntimeError as problem:
                report(f"round {number + 1} {name} is left out: {problem}")
    return found


def is_installed(name: str) -> bool:
    if not PEERS[name].is_installed:
        report(f"{name} is left out: it is not installed, see `make bench-peers`")
    return PEERS[name].is_installed


def report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
