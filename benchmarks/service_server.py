"""Serves a project with the cache in its own memory, filled first: `python -m benchmarks.service_server PORT`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import argosy
from argosy.app.serving import ServeOptions, server_of
from argosy.features.project_streams import streams_of_project
from argosy.features.rows import TableFile
from argosy.features.running import run_streams
from argosy.features.tables import Tables
from argosy.telemetry import configure

TABLES = {"users": "user", "products": "product"}


def main() -> None:
    configure("warning")
    backends = argosy.open(Path.cwd()).backends
    for name, key in TABLES.items():
        content = TableFile(Path(f"{name}.jsonl"), key)
        Tables(backends.cache).put(name, key, content.columns, content.rows(), name)
    run_streams(backends, streams_of_project(backends.root), threading.Event(), until_idle=True)
    server_of(backends, ServeOptions()).run("127.0.0.1", int(sys.argv[1]))


if __name__ == "__main__":
    main()
