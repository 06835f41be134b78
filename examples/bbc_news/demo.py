"""The whole loop on real news, on this machine: `make demo`.

Every step runs the same commands that a user types, prints their real output, and checks its own claim: the demo
ends with exit code 1 at the first claim that does not hold. What it leaves in `demo-project/` can be gone on with.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from documents import DRIFTING, Document, World, read_world
from figures import Answers, read_answers

HERE = Path(__file__).parent
PROJECT = Path("demo-project")
URL = "http://127.0.0.1:{port}"


class ClaimBroken(Exception):
    """A step did not do what it says."""


def main() -> None:
    started = time.monotonic()
    children: list[subprocess.Popen[bytes]] = []
    try:
        run(children)
    except ClaimBroken as broken:
        sys.exit(f"\nThe demo failed: {broken}")
    finally:
        for child in reversed(children):
            end(child)
    say(f"Done in {time.monotonic() - started:.0f} s. The project is in ./{PROJECT}: cd there and try `argosy up`.")


def run(children: list[subprocess.Popen[bytes]]) -> None:
    world = read_world()
    prepare(world)
    check_plan()
    train()
    port = serve(children)
    arrivals = ask(children, port, world)
    corrected, never = halves(world)
    before = accuracy(read_answers(log()), world, never)
    claim(before["drifted"] < 0.5, f"the champion should be poor on what it never saw, not {before['drifted']:.0%}")
    retrain(world, port, arrivals, corrected)
    promoted = argosy_json("models", "history", "news")[0]
    answered = wait_for(promoted["to_number"], len(world.arriving))
    refuse(world, port, answered, corrected)
    report(world, never, before, promoted)


def prepare(world: World) -> None:
    step(1, "Encrypted examples")
    known = sum(document.label == DRIFTING for document in world.past)
    say(f"{len(world.past):,} documents of the past, only {known} of them about {DRIFTING}; {len(world.arriving)} more")
    say("will arrive later, mostly about it. (The texts are real, the arrival dates are ours: synthetic.)")
    shutil.rmtree(PROJECT, ignore_errors=True)
    argosy("init", str(PROJECT), inside=False)
    shutil.copy(HERE / "plan.yaml", PROJECT / "plan.yaml")
    write(PROJECT / "past.jsonl", world.past)
    write(PROJECT / "arriving.jsonl", world.arriving)
    argosy("examples", "import", "past.jsonl", "--into", "news")
    text = world.past[0].text.encode()[:40]
    stored = b"".join(path.read_bytes() for path in (PROJECT / ".argosy").rglob("*.db*"))
    claim(text not in stored, "a document's text stands readable in the database")
    say("No document's text is readable in the database.")


def check_plan() -> None:
    step(2, "A plan, checked before anything runs")
    argosy("plan", "check", "plan.yaml")


def train() -> None:
    step(3, "Two workers train every definition")
    argosy("train", "plan.yaml", "--processes", "2")
    trained = argosy_json("leaderboard", "plan.yaml")
    claim(len(trained) >= 16, f"at least 16 definitions should be trained, not {len(trained)}")
    argosy("plan", "check", "plan.yaml")
    step(4, "The best goes live")
    argosy("models", "promote", "news@best", "--reason", "best on validation")


def serve(children: list[subprocess.Popen[bytes]]) -> int:
    output = (PROJECT / "server.log").open("ab")
    port = free_port()
    command = [sys.executable, "-m", "argosy", "serve", "--port", str(port)]
    children.append(subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=output))
    url = URL.format(port=port)
    wait(lambda: answers(f"{url}/v2/models/news/ready"), 30, "the server did not get ready")
    say(f"Serving news@champion on {url} (Open Inference Protocol V2 and TensorFlow Serving's REST).")
    return port


def ask(children: list[subprocess.Popen[bytes]], port: int, world: World) -> Answers:
    step(5, "The world drifts under a client that keeps asking")
    client = [sys.executable, HERE / "client.py", URL.format(port=port), PROJECT / "arriving.jsonl", log()]
    children.append(subprocess.Popen(client))
    every = len(world.arriving)
    wait(lambda: len(read_answers(log())) >= every, 60, "the client did not get through the arriving documents")
    arrivals = read_answers(log())
    found = accuracy(arrivals, world, range(every))
    say(f"{every} documents arrived. Right on {DRIFTING}: {found['drifted']:.1%}; on the rest: {found['rest']:.1%}.")
    return arrivals


def retrain(world: World, port: int, arrivals: Answers, corrected: list[int]) -> None:
    step(6, "Corrections come back, a challenger is trained, the gate decides")
    send_corrections(port, arrivals, {number: world.arriving[number].label for number in corrected}, "analyst")
    verdict = argosy_json("retrain", "news", show=True)
    claim(verdict["promoted"], "the gate should have promoted the challenger")


def wait_for(version: int, count: int) -> Answers:
    """All answers, once this many of them are the version's."""
    wait(lambda: len(read_answers(log()).by(version)) >= count, 60, "the server did not follow the alias")
    return read_answers(log())


def refuse(world: World, port: int, answered: Answers, corrected: list[int]) -> None:
    say("A second challenger is taught nonsense: the same corrections with their labels shuffled.")
    labels = [world.arriving[number].label for number in corrected]
    random.Random(1).shuffle(labels)
    send_corrections(port, answered, dict(zip(corrected, labels, strict=True)), "prankster")
    verdict = argosy_json("retrain", "news", show=True, expected=1)
    claim(not verdict["promoted"], "the gate should have refused a challenger trained on shuffled labels")
    argosy("models", "history", "news")


def report(world: World, never: list[int], before: dict[str, float], promoted: dict) -> None:
    step(7, "Meanwhile the server had swapped under the running client")
    found, new = read_answers(log()), promoted["to_number"]
    after = accuracy(found.by(new), world, never)
    lag, at_rest, swapping = found.swap(new, promoted["moved_at"])
    say(f"{len(found):,} requests, {found.failed} of them failed. The first answer by version {new} came {lag:.2f} s")
    say(f"after the alias moved. p99 before {at_rest:.1f} ms, p99 in the second before and after {swapping:.1f} ms.")
    say(f"Accuracy on documents that were never corrected, by version {promoted['from_number']} and {new}:")
    say(f"  about {DRIFTING:8} {before['drifted']:6.1%} → {after['drifted']:6.1%}")
    say(f"  about the rest {before['rest']:6.1%} → {after['rest']:6.1%}")
    claim(found.failed == 0, f"{found.failed} requests failed")
    claim(after["drifted"] > before["drifted"] + 0.3, "the new version should be far better on what drifted")


def send_corrections(port: int, arrivals: Answers, labels: dict[int, str], source: str) -> None:
    ids = arrivals.latest_ids()
    with httpx.Client(base_url=URL.format(port=port)) as client:
        for number, label in labels.items():
            body = {"prediction_id": ids[number], "label": label, "source": source, "uniform": True}
            claim(client.post("/feedback", json=body).is_success, "the server refused a correction")
    say(f"{len(labels)} corrections sent by prediction id, source '{source}'.")


def halves(world: World) -> tuple[list[int], list[int]]:
    """The numbers of the arriving documents that are corrected, and of those that never are."""
    numbers = list(range(len(world.arriving)))
    return numbers[::2], numbers[1::2]


def accuracy(found: Answers, world: World, numbers: list[int] | range) -> dict[str, float]:
    """Share answered rightly among the drifted class and among the rest, by the last answer to each document."""
    asked = set(numbers)
    right: dict[str, list[bool]] = {"drifted": [], "rest": []}
    for number, answer in found.latest_answers().items():
        if number in asked:
            label = world.arriving[number].label
            right["drifted" if label == DRIFTING else "rest"].append(answer == label)
    return {kind: sum(hits) / len(hits) for kind, hits in right.items()}


def argosy(*arguments: str, inside: bool = True) -> None:
    """Run a command as a user would, showing it and its output."""
    print(f"\n$ argosy {' '.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "argosy", *arguments], cwd=PROJECT if inside else None, check=False)
    claim(done.returncode == 0, f"argosy {arguments[0]} ended with exit code {done.returncode}")


def argosy_json(*arguments: str, show: bool = False, expected: int = 0) -> Any:
    """The JSON that a command prints; with `show`, progress and verdict are seen as well."""
    if show:
        print(f"\n$ argosy {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "argosy", *arguments, "--json"]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=None, check=False)
    claim(done.returncode == expected, f"argosy {arguments[0]} ended with exit code {done.returncode}")
    found = json.loads(done.stdout)
    if show:
        say(found["summary"])
    return found


def write(path: Path, documents: list[Document]) -> None:
    lines = (json.dumps({"text": d.text, "label": d.label, "seen_at": d.seen_at}) for d in documents)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def log() -> Path:
    return PROJECT / "client.jsonl"


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def wait(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        claim(time.monotonic() < deadline, otherwise)
        time.sleep(0.1)


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()


def claim(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ClaimBroken(otherwise)


def step(number: int, title: str) -> None:
    print(f"\n\033[1m{number}. {title}\033[0m" if sys.stdout.isatty() else f"\n{number}. {title}", flush=True)


def say(text: str) -> None:
    print(f"   {text}", flush=True)


if __name__ == "__main__":
    main()
