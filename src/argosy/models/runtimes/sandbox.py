"""What the process of an imported model can reach: as little as this machine lets us take from it.

With bubblewrap (`bwrap`) that works here: Python, the installed packages, the system's libraries and the modules on the
import path, all read-only; no other file, no network, no process but its own. Without: whatever this user can reach.
Either way there are the limits of `child`, nothing of ours in the environment, and an empty working folder.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Final

from argosy import processes

CHILD: Final = "argosy.models.runtimes.child"
OURS: Final = Path(__file__).parents[2]
"""This package."""
SYSTEM: Final = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/nix", "/gnu")
PACKAGES: Final = ("site-packages", "dist-packages")
EMPTY: Final = "/empty"
PROBE_SECONDS: Final = 60.0
PROCESSES: Final = {True: 64, False: 4096}
"""Processes and threads that there may be: in a sandbox its own, outside of one all of the user's together."""


def start_child() -> Popen[bytes]:
    """The program `child` under its supervisor, as strictly as is possible here, on two pipes."""
    is_sandboxed = bool(bubblewrap())
    program = [sys.executable, "-m", CHILD, str(PROCESSES[is_sandboxed])]
    return _start([*bubblewrap(), *program])


def isolation() -> str:
    """What is in force, for people."""
    if bubblewrap():
        return "bubblewrap: no file but installed packages, no network, no other process"
    why = "bwrap does not work here" if shutil.which("bwrap") else "bwrap is not installed"
    return f"a process with limits and no sandbox ({why}): it reaches what this user does"


def bubblewrap() -> tuple[str, ...]:
    """The command to put before a program; empty where bubblewrap is missing or cannot run ours, found out once."""
    command = shutil.which("bwrap")
    return _working(command, tuple(sys.path)) if command else ()


@cache
def _working(command: str, import_path: tuple[str, ...]) -> tuple[str, ...]:
    binds = [part for path in readable(import_path) for part in ("--ro-bind-try", str(path), str(path))]
    alone = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    places = ["--proc", "/proc", "--dev", "/dev", "--dir", EMPTY, "--chdir", EMPTY]
    sandboxed = (command, *alone, *binds, *places, "--remount-ro", "/dev", "--remount-ro", "/")
    process = _start([*sandboxed, sys.executable, "-c", f"import {CHILD}"])
    try:
        return sandboxed if process.wait(PROBE_SECONDS) == 0 else ()
    except TimeoutExpired:
        return ()
    finally:
        processes.end_bare(process)


def _start(program: Sequence[str]) -> Popen[bytes]:
    folder = tempfile.mkdtemp(prefix="argosy-")  # the supervisor's to remove
    return processes.start_bare([sys.executable, "-IS", str(processes.SUPERVISOR), folder, *program])


def readable(import_path: Sequence[str]) -> list[Path]:
    """What Python needs to run our child, without what is next to it: a project's folder holds keys."""
    entries = [Path(entry) for entry in import_path if entry]
    python = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    whole = {Path(one) for one in (*SYSTEM, *python, OURS)}
    whole |= {entry for entry in entries if entry.name in PACKAGES}
    whole |= {path.resolve() for path in whole}
    modules = {module for entry in entries for module in _modules(entry, whole)}
    return sorted(whole | modules)  # a folder before what is in it


def _modules(entry: Path, whole: set[Path]) -> Iterator[Path]:
    """What can be imported from an entry of the import path."""
    if any(entry.is_relative_to(one) for one in whole):
        return
    with suppress(OSError):
        for path in entry.iterdir():
            if path.suffix in (".py", ".so") or (path / "__init__.py").is_file():
                yield path.absolute()
