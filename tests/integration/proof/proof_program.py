"""Processes for the proofs to kill and to stop: `python proof_program.py FOLDER`.

Reads one word a line and forks a process for it, whose number it prints: `work` is the worker that `argosy worker`
runs, with shorter times; `relay` and `reconcile` are what workers do between jobs. Forking spares each of them the
second that imports take. They end with SIGTERM; `work` then leaves its tally in FOLDER.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import sklearn.linear_model  # noqa: F401  # what a first fit would import

from argosy import telemetry
from argosy.app.project import open_project
from argosy.app.working import handlers, work
from argosy.jobs.reconciler import reconcile
from argosy.jobs.runner import WorkerTimings
from argosy.messaging.relay import relay
from argosy.training.train_job import Trainer

TIMINGS = WorkerTimings(lease=1.5, heartbeat=0.4, poll=0.05, reconcile=0.1, recover=0.2, outage=0.3, refused=3.0)


def run(command, folder):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    project = open_project(folder)
    if command == "work":
        tally = work(project.backends, stop, timings=TIMINGS)
        (folder / f"{os.getpid()}.tally").write_text(json.dumps(vars(tally)))
    while not stop.wait(0.01):
        if command == "relay":
            relay(project.database, project.broker)
        else:
            reconcile(project.database)


def main(folder):
    telemetry.configure()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a killed process leaves no trace
    imported = open_project(folder)
    handlers(imported.backends, Trainer.of(imported.backends))
    imported.close()
    for line in sys.stdin:
        child = os.fork()
        if child:
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        code = 1
        try:
            run(line.strip(), folder)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
