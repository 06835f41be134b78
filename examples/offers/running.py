"""Argosy at work for the shop: the processes, its questions to the server, and waiting for what happens by itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from shop import PRODUCTS, Customer

import argosy
from argosy.jobs.job import JobState

ARGOSY = (sys.executable, "-m", "argosy")
PATIENCE = 120.0
AT_ONCE = 25
"""Customers in one request, each asked about with all products."""
Answers = dict[tuple[str, str], dict[str, Any]]
"""What the service says of each customer and product."""


class Running:
    """`argosy up` with one worker, and `argosy features run`, for as long as the block runs. Nothing else is done."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.log = folder, folder / "argosy.log"
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        try:
            _run(self._folder, "features", "refresh")
            up = self._start("up", "--workers", "1", "--port", "0")
            self._start("features", "run")
            line = up.stdout.readline() if up.stdout is not None else ""
            found = re.search(r"http://\S+", line)
            if found is None:
                raise SystemExit(f"argosy up did not start: see {self.log}")
            self._url = found[0].rstrip("/.")
            wait_until(self._is_ready, "a server that is ready")
        except BaseException:
            self.__exit__()
            raise
        self._project = argosy.open(self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if hasattr(self, "_project"):
            self._project.close()

    def ask(self, customers: Sequence[Customer], model: str = "") -> Answers:
        """What is offered to each of them."""
        inputs = [{"customer": who.name, "candidates": [{"product": one} for one in PRODUCTS]} for who in customers]
        answer = self._post("/services/offers", {"inputs": inputs, "model": model})
        pairs = [(who.name, product) for who in customers for product in PRODUCTS]
        return dict(zip(pairs, answer["results"], strict=True))

    def wait_for_views(self) -> None:
        """Until the views that there are now are counted, and known to be all."""
        begun = time.time()

        def are_known() -> bool:
            partitions = json.loads(_run(self._folder, "features", "status", "--json"))
            return all(one["age"] is not None and time.time() - one["age"] > begun for one in partitions)

        wait_until(are_known, "views to be counted")

    def outcomes(self) -> dict[str, Any]:
        """What became of the rows of the booking database."""
        [found] = json.loads(_run(self._folder, "outcomes", "status", "--json"))
        return dict(found)

    def value(self) -> str:
        """What recommending is worth, by the log and the outcomes alone."""
        return _run(self._folder, "service", "value", "offers").rstrip()

    def champion(self) -> int:
        return self._project.models.resolve("offers@champion").number

    def verdicts(self) -> list[dict[str, Any]]:
        """Of the gate, the newest first: each with the champion, the challenger and the verdict."""
        done = self._project.queue.newest("gate", JobState.DONE)
        return [dict(one.result or {}) for one in done]

    def wait_for_version(self, number: int) -> None:
        """Until the server answers with it."""
        wait_until(lambda: self._is_ready(f"/v2/models/offers/versions/{number}/ready"), f"version {number} to answer")

    def _is_ready(self, path: str = "/v2/health/ready") -> bool:
        try:
            with urllib.request.urlopen(self._url + path) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        with self.log.open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [*ARGOSY, *arguments], cwd=self._folder, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._processes.append(process)
        return process


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Look ten times a second."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {PATIENCE:.0f} s for {what}: see argosy.log")
        time.sleep(0.1)


def _run(folder: Path, *arguments: str) -> str:
    return subprocess.run([*ARGOSY, *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
