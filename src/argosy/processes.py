"""Child processes: started with their own entry point, one numeric thread each, ended politely."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
GROUP_ATTEMPTS = 20
SUPERVISOR = Path(__file__).with_name("supervisor.py")
"""A program that runs another one, and ends it with its descendants when its caller is gone."""
LOWEST_PRIORITY = 19
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def threads(count: int) -> dict[str, str]:
    """The environment in which numeric libraries use this many threads each; they read it when they are loaded."""
    return dict.fromkeys(THREAD_VARIABLES, str(count))


def single_threaded() -> dict[str, str]:
    """With one thread each, so that N workers use N cores."""
    return threads(1)


def stand_back(nice: int) -> None:
    """Let this process, and those it will start, be at least so nice. To be called before there are threads.

    Linux may weigh sessions before it weighs processes (sched(7), autogroups): next to a server in another
    session the level of a process means nothing, and that of the session has to be set. Its leader does.
    """
    if os.getpriority(os.PRIO_PROCESS, 0) < nice:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    for _ in range(GROUP_ATTEMPTS if os.getsid(0) == os.getpid() else 0):
        try:
            AUTOGROUP.write_text(str(nice))
        except BlockingIOError:  # the kernel takes one such change in a tenth of a second
            time.sleep(0.1)
        except OSError:  # another system, or a kernel without
            return
        else:
            return


def current_user() -> str:
    """Who runs this process, for the history: the login name, or `unknown`."""
    import getpass  # terminals come with it, which few processes need

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def user_at_host() -> str:
    """Who runs this process, and on which machine: `ana@desk-3`."""
    return f"{current_user()}@{platform.node() or 'unknown'}"


PARENT = "ARGOSY_PARENT"
STANDARD_OUTPUT, STANDARD_ERROR = 1, 2


def start_argosy(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    nice: int = 0,
    is_session: bool = False,
    connection: socket.socket | None = None,
) -> subprocess.Popen[bytes]:
    """Start `python -m argosy …`; what it prints goes to `log` (appended), or where ours goes.

    It has the connection as its standard input, or none.

    `is_session`: as the leader of a session of its own, for `stand_back`; what it prints goes to standard error then.
    """
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "argosy", *arguments],
            env={**os.environ, **(environment or {}), PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL if connection is None else connection.fileno(),
            stdout=output or (STANDARD_ERROR if is_session else None),
            stderr=output,
            # a terminal's Ctrl-C is for the parent to pass on: a child may still be importing
            process_group=None if is_session else 0,
            start_new_session=is_session,
            preexec_fn=(lambda: os.nice(nice)) if nice else None,
        )
    finally:
        if output:
            output.close()


def start_bare(command: Sequence[str], *, is_session: bool = False) -> subprocess.Popen[bytes]:
    """Start a program on two pipes, with one thread a library, our import path and nothing else of our environment.

    `is_session`: as the leader of a session of its own, for `stand_back`.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return subprocess.Popen(
        command,
        env={**kept, **single_threaded(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=None if is_session else 0,
        start_new_session=is_session,
    )


def end_bare(process: subprocess.Popen[bytes], patience: float = 10.0) -> None:
    """Close its pipes, which tells it to end; SIGKILL after `patience` seconds."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # unflushed data is dropped
                pipe.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_supervised(
    folder: Path, place: str, command: Sequence[str], environment: Mapping[str, str], then: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start a program in `folder`/`place` under the supervisor, which ends it when its standard input is closed.

    What the program prints, errors too, comes through one pipe. However it ends, the supervisor runs `then` after it.
    """
    after = ["--then", str(len(then)), *then] if then else []
    return subprocess.Popen(
        [sys.executable, "-IS", str(SUPERVISOR), "--keep", str(folder), place, *after, *command],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )


def follow_parent(on_gone: Callable[[], object] | None = None, poll_seconds: float = 1.0) -> bool:
    """Have this process sent SIGTERM when the one that started it is gone, however that ended. Once, at the start.

    `on_gone` is called before, in a thread. Whether another process of Argosy started it.
    """
    parent = os.environ.pop(PARENT, "")
    if not parent.isdecimal():
        return False

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(poll_seconds)
        if on_gone is not None:
            on_gone()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="argosy-parent", daemon=True).start()
    return True


@contextmanager
def on_stop(handler: Callable[[int], object]) -> Iterator[None]:
    """Have SIGTERM and Ctrl-C call `handler` with their number, in place of ending the process. Main thread only.

    Where Ctrl-C is ignored, as in what a shell starts with `&`, it stays ignored: it is meant for other processes.
    """
    asking = [one for one in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda number, _: handler(number)) for number in asking}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def end_within(seconds: float) -> threading.Timer:
    """Have this process end in that time at the latest, whatever its threads do, unless the timer is cancelled."""

    def end() -> None:
        os.write(2, b"ended with code 1: a thread, of a model most likely, did not end in time\n")
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer


def resident_bytes() -> dict[int, int]:
    """Of each session of processes on this machine, their resident memory; empty where the system does not say."""
    found: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            values = path.read_text("utf-8", errors="replace").rpartition(")")[2].split()
            session, pages = int(values[3]), int(values[21])
            found[session] = found.get(session, 0) + pages * os.sysconf("SC_PAGE_SIZE")
    return found


def memory_below(process: int) -> int:
    """Resident bytes of all processes that descend from one, without its own; 0 where the system does not say."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            number, _, rest = path.read_text("utf-8", errors="replace").partition(" ")
            values = rest.rpartition(")")[2].split()
            parents[int(number)], sizes[int(number)] = int(values[1]), int(values[21])
    below, found = {process}, 0
    while below:
        below = {child for child, parent in parents.items() if parent in below}
        found += sum(sizes[one] for one in below)
    return found * os.sysconf("SC_PAGE_SIZE")


def killed_for_memory() -> int:
    """How many processes the system has killed so far for want of memory; 0 where it does not say."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text("ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def be_killed_first() -> None:
    """Where memory runs out, the system is to kill this process rather than one that serves or keeps others."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process that leads a group of its own, and for that group; returns when it has ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop(process: subprocess.Popen[bytes], patience: float = 30.0) -> int:
    """SIGTERM, then SIGKILL after `patience` seconds; returns the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
