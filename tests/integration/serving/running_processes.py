"""A server of several processes, started as `argosy serve --workers N`, and requests over connections of their own."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from running_server import DEADLINE_SECONDS, RunningServer
from serving_project import KEY_VARIABLES, Project

COUNT = 2
ASKS = 24
"""Connections, after which each of two processes has had one, but for a chance of one in eight million."""
SETTINGS = "name: several\ndatabase: sqlite:///argosy.db\nartifacts: file:artifacts\n"


class RunningProcesses(RunningServer):
    """The server of a project from `project_of_processes`."""

    def __init__(self, project, count=COUNT, *options):
        arguments = ["-m", "argosy", "-C", str(project.folder), "serve", "--port", "0", "--grpc-port", "0"]
        environment = {**os.environ, **KEY_VARIABLES}
        self._start(project, [*arguments, "--workers", str(count), *options], 2, environment)

    def fresh(self, method, path, **also):
        """The answer to one request over a connection of its own."""
        return httpx.request(method, f"{self.url}{path}", timeout=DEADLINE_SECONDS, **also)

    def statuses(self, *texts):
        """How requests over many connections are answered."""
        body = {"instances": list(texts)}
        return {self.fresh("POST", "/v1/models/topics:predict", json=body).status_code for _ in range(ASKS)}

    def serving(self):
        """The ids of the processes that answer."""
        return [pid for pid in children(self.process.pid) if "server-process" in command_line(pid)]

    def counted(self, name, **labels):
        """The sum of a metric's samples with these labels."""
        families = text_string_to_metric_families(self.metrics())
        samples = (sample for family in families for sample in family.samples if sample.name == name)
        return sum(one.value for one in samples if labels.items() <= one.labels.items())

    def metrics(self):
        while True:
            try:
                return self.fresh("GET", "/metrics").text
            except httpx.TransportError:  # the process that had this connection was killed
                assert self.process.poll() is None

    def kill_one(self):
        """`kill -9` of one serving process."""
        killed = self.serving()[-1]
        os.kill(killed, signal.SIGKILL)
        return killed

    def until_whole(self, killed, meanwhile=lambda: None):
        """Wait until another process serves in place of that one."""

        def is_whole():
            meanwhile()
            return len(self.serving()) == COUNT and killed not in self.serving()

        self.until(is_whole)
        self.until(lambda: self.fresh("GET", "/v2/health/ready").status_code == 200)

    def pids_in_log(self):
        """The processes that have answered requests, where it logs these as JSON."""
        lines = [line for line in (self.project.folder / "server.log").read_text().splitlines() if '"path"' in line]
        return {json.loads(line)["pid"] for line in lines}


def project_of_processes(folder):
    """`topics` 1 (champion) and 2 (canary), and `tone`."""
    (folder / ".argosy").mkdir(0o700)
    project = Project(folder, ".argosy/spool")
    project.promote(project.train())
    project.promote(project.train(model="svm", suffix="!"), alias="canary")
    project.promote(project.train("tone"), "tone")
    (folder / "argosy.yaml").write_text(SETTINGS)
    return project


def children(pid):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return sorted(found)


def command_line(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""
