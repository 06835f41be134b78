"""A joiner of outcomes for the proofs to kill: `python outcome_program.py FOLDER`.

Reads one word a line and forks a joiner for it, whose number it prints; forking spares each the second of imports.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from argosy.app.project import open_project
from argosy.errors import DatabaseUnavailable, LeaseLost
from argosy.feedback.outcomes import sources
from argosy.feedback.outcomes.joiner import OutcomeJoiner

ROWS = 7
"""Of a transaction: many of them are there to be killed in."""


def join(folder):
    sources.AT_ONCE = ROWS
    joiner = OutcomeJoiner(open_project(folder).backends)
    while True:
        with suppress(LeaseLost, DatabaseUnavailable):  # another joiner was first
            joiner.look(is_all=True)


def main(folder):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            join(folder)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
