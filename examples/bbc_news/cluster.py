"""The loop on three machines that share nothing but servers: `make demo-cluster`.

A desk submits and promotes, a worker trains, a server answers. Each has a home, a project folder and a cache of its own
(folders here, since this is one machine), and the keys that its work needs: the worker that of the examples, the server
that of the predictions. They meet in PostgreSQL, RabbitMQ and S3: those of POSTGRESQL_URL, RABBITMQ_URL and S3_URL, or
private ones that are started for the demo. Every step checks its claim, and the first that does not hold ends it.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[1]))

from demo import HERE as EXAMPLE  # noqa: E402
from demo import ClaimBroken, accuracy, answers, claim, end, free_port, halves, say, step, wait, write  # noqa: E402
from documents import DRIFTING, World, read_world  # noqa: E402
from figures import Answers, read_answers  # noqa: E402


@dataclass
class Machine:
    """Its folders, and what its processes find in their environment."""

    name: str
    root: Path
    settings: dict[str, str]
    secrets: dict[str, str]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project.mkdir(parents=True)
        lines = [f"{name}: {json.dumps(value)}" for name, value in self.settings.items()]
        (self.project / "argosy.yaml").write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def project(self) -> Path:
        return self.root / self.name / "project"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARGOSY_", "XDG_"))}
        home = self.root / self.name
        return {**kept, "HOME": str(home), "TMPDIR": str(self._folder("tmp")), "ARGOSY_NICE": "0", **self.secrets}

    def _folder(self, name: str) -> Path:
        folder = self.root / self.name / name
        folder.mkdir(exist_ok=True)
        return folder

    def argosy(self, *arguments: str, expected: int = 0) -> None:
        """Run a command, showing it and its output."""
        print(f"\n{self.name}$ argosy {' '.join(arguments)}", flush=True)
        done = subprocess.run(_command(arguments), cwd=self.project, env=self.environment, check=False)
        claim(done.returncode == expected, f"argosy {arguments[0]} ended with exit code {done.returncode}")

    def json(self, *arguments: str) -> Any:
        command = _command([*arguments, "--json"])
        run = {"cwd": self.project, "env": self.environment, "check": False}
        done = subprocess.run(command, stdout=subprocess.PIPE, **run)
        claim(done.returncode == 0, f"argosy {arguments[0]} ended with exit code {done.returncode}")
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> None:
        """Start what runs until the demo ends; its output goes to a file."""
        print(f"\n{self.name}$ argosy {' '.join(arguments)} &", flush=True)
        output = (self.project / "output").open("ab")
        run = {"cwd": self.project, "env": self.environment, "stdout": output, "stderr": output}
        self.children.append(subprocess.Popen(_command(arguments), **run))


def main() -> None:
    started = time.monotonic()
    root = Path(tempfile.mkdtemp(prefix="argosy-cluster-"))
    machines: list[Machine] = []
    try:
        with servers() as urls:
            try:
                run(root, urls, machines)
            finally:
                for child in (child for machine in machines for child in machine.children):
                    end(child)
    except ClaimBroken as broken:
        sys.exit(f"\nThe demo failed: {broken} (what it left is in {root})")
    shutil.rmtree(root)
    say(f"Done in {time.monotonic() - started:.0f} s.")


def run(root: Path, urls: dict[str, str], machines: list[Machine]) -> None:
    step(1, "Three machines, nothing shared but the servers' addresses")
    keys = {role: base64.b64encode(secrets.token_bytes(32)).decode() for role in ("examples", "predictions")}
    settings = {"name": "news", **{name: urls[name] for name in ("database", "broker", "artifacts")}}
    desk, worker, server = (
        Machine(name, root, settings, {**credentials(), **{f"ARGOSY_KEY_{role.upper()}": keys[role] for role in roles}})
        for name, roles in (
            ("desk", ("examples", "predictions")),
            ("worker", ("examples",)),
            ("server", ("predictions",)),
        )
    )
    machines += [desk, worker, server]
    world = read_world()
    shutil.copy(EXAMPLE / "plan.yaml", desk.project / "plan.yaml")
    write(desk.project / "past.jsonl", world.past)
    desk.argosy("doctor", "--quick")
    desk.argosy("examples", "import", "past.jsonl", "--into", "news")

    step(2, "The desk submits, the worker trains")
    worker.start("worker", "--processes", "2")
    desk.argosy("plan", "submit", "plan.yaml")
    wait(lambda: _is_trained(desk), 300, "not every definition was trained")
    desk.argosy("leaderboard", "plan.yaml")
    desk.argosy("models", "promote", "news@best", "--reason", "best on validation")

    step(3, "The server fetches it from S3 and answers")
    write(server.project / "arriving.jsonl", world.arriving)
    url = f"http://127.0.0.1:{free_port()}"
    server.start("serve", "--port", url.rpartition(":")[2])
    wait(lambda: answers(f"{url}/v2/models/news/ready"), 60, "the server did not get ready")
    log = server.project / "client.jsonl"
    client = [sys.executable, str(HERE / "client.py"), url, str(server.project / "arriving.jsonl"), str(log)]
    server.children.append(subprocess.Popen(client))
    wait(lambda: len(read_answers(log)) >= len(world.arriving), 120, "the client did not get through the documents")
    before = accuracy(read_answers(log), world, range(len(world.arriving)))
    say(f"Right on {DRIFTING}, which it hardly knows: {before['drifted']:.1%}; on the rest: {before['rest']:.1%}.")

    step(4, "Corrections arrive at the server; the desk, which has both keys, has a challenger trained and judged")
    corrected, never = halves(world)
    correct(url, read_answers(log), world, corrected)
    desk.argosy("retrain", "news")
    promoted = desk.json("models", "history", "news")[0]
    wait(
        lambda: len(read_answers(log).by(promoted["to_number"])) >= len(world.arriving),
        120,
        "the server did not follow",
    )
    report(read_answers(log), world, never, before, promoted)
    desk.argosy("models", "history", "news")


def _is_trained(desk: Machine) -> bool:
    status = desk.json("plan", "status", "news")
    claim(not status["failed"], f"definitions failed: {status['failed']}")
    return int(status["counts"]["done"]) == sum(status["counts"].values())


def correct(url: str, arrivals: Answers, world: World, numbers: list[int]) -> None:
    ids = arrivals.latest_ids()
    with httpx.Client(base_url=url) as client:
        for number in numbers:
            label = world.arriving[number].label
            body = {"prediction_id": ids[number], "label": label, "source": "analyst", "uniform": True}
            claim(client.post("/feedback", json=body).is_success, "the server refused a correction")
    say(f"{len(numbers)} corrections sent by prediction id.")


def report(found: Answers, world: World, never: list[int], before: dict[str, float], promoted: dict[str, Any]) -> None:
    after = accuracy(found.by(promoted["to_number"]), world, never)
    lag, at_rest, swapping = found.swap(promoted["to_number"], promoted["moved_at"])
    say(f"{len(found):,} requests, {found.failed} of them failed. The first answer by the new version came {lag:.2f} s")
    say(f"after the alias moved. p99 before {at_rest:.1f} ms, p99 in the second before and after {swapping:.1f} ms.")
    say(f"About {DRIFTING}, on documents that were never corrected: {before['drifted']:.1%} → {after['drifted']:.1%}")
    claim(found.failed == 0, f"{found.failed} requests failed")
    claim(after["drifted"] > before["drifted"] + 0.3, "the new version should be far better on what drifted")


# --- the servers


def credentials() -> dict[str, str]:
    """Of S3, as they are here, or for the private one."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name: os.environ[name] for name in names if name in os.environ}


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The URLs of a new database, of a broker, and of a place for artifacts."""
    from benchmarks.servers import new_database, private_bucket, real_servers

    with ExitStack() as stack:
        postgresql, rabbitmq = stack.enter_context(real_servers())
        database = stack.enter_context(new_database(postgresql))
        artifacts = os.environ.get("S3_URL") or stack.enter_context(private_bucket())
        yield {"database": database, "broker": f"{rabbitmq}?prefix=demo{time.time_ns():x}", "artifacts": artifacts}


def _command(arguments: Any) -> list[str]:
    return [sys.executable, "-m", "argosy", *arguments]


if __name__ == "__main__":
    main()
