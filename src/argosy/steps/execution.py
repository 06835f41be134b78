"""A step's program in processes of its own: watched, held to its limits, and ended with all that it started.

It runs under the supervisor (`argosy/supervisor.py`), which kills it when this process closes its pipe, or is killed.
That is no sandbox: the program may read and write what the worker's user may.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from argosy import processes
from argosy.definitions.steps import StepLimits
from argosy.steps.command_line import WORK
from argosy.steps.log_text import BoundedLog
from argosy.steps.task import StepEnded

POLL_SECONDS: Final = 0.1
LOOK_SECONDS: Final = 0.5
"""Between two looks at what it takes."""
END_SECONDS: Final = 10.0
"""For the supervisor to end its program."""


def execute(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    output: Path,
    limits: StepLimits,
    log: BoundedLog,
    check: Callable[[], None],
    then: Sequence[str] = (),
) -> int:
    """Run the program to its end, in `folder`/work; its exit code. Whatever it started has ended by then too, and
    `then` has run, as it does where this process is killed.

    Raises StepEnded over a limit, and what `check` raises, which is called all the time.
    """
    process = processes.start_supervised(folder, WORK, words, environment, then)
    reader = threading.Thread(target=_read, args=(process, log), name="argosy-step", daemon=True)
    reader.start()
    try:
        return _watch(process, output, limits, check)
    finally:
        _end(process)
        reader.join(END_SECONDS)


def _watch(process: subprocess.Popen[bytes], output: Path, limits: StepLimits, check: Callable[[], None]) -> int:
    began = looked_at = time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_SECONDS)
        check()
        now = time.monotonic()
        if now - looked_at >= LOOK_SECONDS:
            looked_at = now
            memory = processes.memory_below(process.pid) if limits.memory is not None else 0
            exceeded = limits.exceeded(now - began, memory, size_of(output))
            if exceeded:
                raise StepEnded(f"ended: {exceeded}")


def size_of(output: Path) -> int:
    """Bytes of the file, if there is one."""
    with suppress(OSError):
        return output.lstat().st_size
    return 0


def _read(process: subprocess.Popen[bytes], log: BoundedLog) -> None:
    with suppress(OSError, ValueError):
        while process.stdout is not None and (chunk := os.read(process.stdout.fileno(), 1 << 16)):
            log.add(chunk)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let go of the supervisor, by which it ends what is left; kill it where it does not end."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        processes.kill_session(process)
