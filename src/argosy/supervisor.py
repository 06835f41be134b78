"""Runs a program and leaves nothing of it behind: `python -IS supervisor.py FOLDER PROGRAM…`, by path, without Argosy.

The program has this process's standard input and output, FOLDER as its working folder and a session of its own. It is
killed when the other end of standard input is closed, which happens however the process that asked for it ends. With
it go all processes that it started, those that left its group or its session too: on Linux they become children of
this process when their parent ends. Then FOLDER is removed. Exits as the program did, with 128 + N for a signal N.

As `supervisor.py --keep FOLDER PLACE PROGRAM…` the program reads nothing, works in FOLDER/PLACE, and leaves FOLDER to
its parent, if that is still there when it has ended. With `--then COUNT WORD…` before the program, these words are
another program, run silently after all of that: it removes what runs elsewhere, as a container.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress

PR_SET_CHILD_SUBREAPER = 36
NOT_STARTED = 126
THEN = "--then"
THEN_SECONDS = 60


def main(folder: str, program: list[str], place: str | None = None) -> int:
    """`place`: below the folder, which is kept."""
    then, program = after_and_program(program)
    with suppress(OSError, AttributeError):  # another system than Linux
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    news, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    os.chdir(os.path.join(folder, place or ""))  # noqa: PTH118
    nothing = [] if place is None else [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    try:
        ignored_by_python = [signal.SIGPIPE, signal.SIGXFSZ]
        child = os.posix_spawn(
            program[0], program, os.environ, setsid=True, file_actions=nothing, setsigdef=ignored_by_python
        )
    except OSError as error:
        print(f"{program[0]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201
        return NOT_STARTED
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # so that the answers end when the program does
    code = ended(child, news)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    while any(True for _ in killed()):
        continue
    os.chdir("/")
    run_silently(then)
    if place is None or code is None:
        shutil.rmtree(folder, ignore_errors=True)
    return code or 0


def after_and_program(words: list[str]) -> tuple[list[str], list[str]]:
    """What is to run afterwards, and the program."""
    if words[0] != THEN:
        return [], words
    end = 2 + int(words[1])
    return words[2:end], words[end:]


def run_silently(words: list[str]) -> None:
    """To its end, or for a minute: this process ends then."""
    if not words:
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(THEN_SECONDS)
    actions = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    with suppress(OSError):
        os.waitpid(os.posix_spawn(words[0], words, os.environ, file_actions=actions), 0)
    signal.alarm(0)


def ended(child: int, news: int) -> int | None:
    """Wait for the program to end, or for the caller to close its pipe."""
    poll = select.poll()
    poll.register(0, 0)  # no event but that the other end is closed
    poll.register(news, select.POLLIN)
    while not any(number == 0 for number, _ in poll.poll()):
        os.read(news, 512)
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == child:
                    code = os.waitstatus_to_exitcode(found[1])
                    return 128 - code if code < 0 else code
    return None


def killed() -> Iterator[int]:
    """Kill and wait for every child there is now; the children of those are ours from then on."""
    for child in list(children()):
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            yield child


def children() -> Iterator[int]:
    with suppress(OSError):  # another system than Linux
        for name in os.listdir("/proc"):  # noqa: PTH208  # no module is imported that is not needed
            if name.isdecimal() and parent(name) == os.getpid():
                yield int(name)


def parent(name: str) -> int:
    try:
        with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):  # it has ended
        return 0


if __name__ == "__main__":
    if sys.argv[1] == "--keep":
        sys.exit(main(sys.argv[2], sys.argv[4:], sys.argv[3]))
    sys.exit(main(sys.argv[1], sys.argv[2:]))
