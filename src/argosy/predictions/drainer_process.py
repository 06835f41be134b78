"""One drainer as a child of the process that serves, or that keeps those that do; all of them write into one folder."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from argosy import processes

KEEP_SECONDS: Final = 0.5
"""How often it is checked that the drainer runs."""
DRAINER_NICE: Final = 10
"""A tenth of a core that it shares with a busy server: requests wait for all that it takes."""
END_SECONDS: Final = 5.0
"""That a drainer may take to end; what it was killed with stays in the spool."""


def keep_draining(root: Path, stop: threading.Event) -> None:
    """Keep one drainer of the project in that folder until `stop` is set; one that dies is replaced."""
    while not stop.is_set():
        process = processes.start_argosy(["--project", str(root), "drain"], nice=DRAINER_NICE)
        while process.poll() is None and not stop.wait(KEEP_SECONDS):
            continue
        processes.stop(process, END_SECONDS)
        stop.wait(KEEP_SECONDS)  # one that cannot start is not tried without pause
