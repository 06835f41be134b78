"""A server of a test's project, in a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from argosy.testing.waiting import PATIENCE

DEADLINE_SECONDS = PATIENCE


class RunningServer:
    """The project's server in a separate process; with `grpc`, its `grpc_address`."""

    def __init__(self, project, hosts=(), grpc=False, **limits):
        program = str(Path(__file__).parent / "serving_project.py")
        given = map(json.dumps, (limits, hosts, 0 if grpc else None))
        self._start(project, [program, str(project.folder), "0", *given], 2 if grpc else 1)

    def _start(self, project, arguments, addresses, environment=None):
        self.project = project
        self._log = (project.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=self._log, env=environment
        )
        lines = [self.process.stdout.readline().decode().strip() for _ in range(addresses)]
        self.url, *others = [line.removeprefix("Serving on ") for line in lines]
        self.grpc_address = others[0].removeprefix("grpc://") if others else ""
        self.client = httpx.Client(base_url=self.url, timeout=DEADLINE_SECONDS)
        self.until(lambda: self.client.get("/v2/health/ready").status_code == 200)

    def until(self, condition):
        """Wait for a condition, with a deadline."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, (self.project.folder / "server.log").read_text()
            assert self.process.poll() is None, (self.project.folder / "server.log").read_text()
            time.sleep(0.01)

    def predict(self, *texts, path="/v1/models/topics", **headers):
        return self.client.post(f"{path}:predict", json={"instances": list(texts)}, headers=headers)

    def version(self, path="/v1/models/topics"):
        return int(self.predict("a goal", path=path).headers["argosy-model-version"])

    def close(self):
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(DEADLINE_SECONDS)
        self.process.stdout.close()
        self._log.close()
