"""Tasks that a project has performed in a child process, as by a worker: with its own threads, and nothing loaded.

Numeric libraries choose their threads when they are imported, so that neither a reproduction nor a comparison can
be had in a process that has imported them. A task turns a request of JSON into an answer of JSON; `app.tasks` says
which function it is. Requests and answers hold no example's input.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy import processes
from argosy.error_messages import message_of
from argosy.errors import JobFailed, Outage, UserMistake
from argosy.types import Progress

POLL_SECONDS: Final = 0.05


class Answer(msgspec.Struct, frozen=True):
    """How a child ended: with a value, or with an error, and whether that is the user's mistake or an outage."""

    value: Any = None
    problem: str = ""
    is_mistake: bool = False
    is_outage: bool = False


def run_task(
    root: Path,
    task: str,
    request: Mapping[str, Any],
    threads: Mapping[str, str | None] | None = None,
    report_progress: Progress = lambda _: None,
) -> Any:
    """The task's answer to the request, from a child process; one thread a library unless `threads` says otherwise.

    `root` is the project's. Raises UserMistake or Outage if the child met one, else JobFailed.
    """
    with tempfile.TemporaryDirectory(prefix="argosy-") as name:
        folder = Path(name)
        (folder / "request").write_bytes(msgspec.json.encode(request))
        child = processes.start_argosy(
            ["--project", str(root), "task", task, name],
            environment=processes.single_threaded() if threads is None else _given(threads),
            log=folder / "log",
        )
        passed = 0
        try:
            while child.poll() is None:
                passed = _pass_on(folder, passed, report_progress)
                time.sleep(POLL_SECONDS)
            _pass_on(folder, passed, report_progress)
        finally:
            processes.stop(child)
        return _answer(folder, child.returncode)


def answer(folder: Path, task: Callable[[Any, Progress], Any]) -> None:
    """The child's side: read the request, leave the answer."""
    for variable in processes.THREAD_VARIABLES:
        if os.environ.get(variable) == "":
            del os.environ[variable]
    request = msgspec.json.decode((folder / "request").read_bytes())
    with (folder / "progress").open("a", encoding="utf-8") as file:

        def report_progress(line: str) -> None:
            file.write(line + "\n")
            file.flush()

        try:
            found = Answer(task(request, report_progress))
        except Exception as error:  # noqa: BLE001  # whatever it is, the parent raises it
            mistake, outage = isinstance(error, UserMistake), isinstance(error, Outage)
            found = Answer(problem=message_of(error), is_mistake=mistake, is_outage=outage)
    (folder / "answer").write_bytes(msgspec.json.encode(found))


def _given(threads: Mapping[str, str | None]) -> dict[str, str]:
    """As an environment: what was not set is empty here, and the child takes it away."""
    return {name: value or "" for name, value in threads.items()}


def _pass_on(folder: Path, passed: int, report_progress: Progress) -> int:
    """Report what the child has reported since; how many lines that is by now."""
    path = folder / "progress"
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    for line in whole[passed:]:
        report_progress(line.rstrip("\n"))
    return len(whole)


def _answer(folder: Path, code: int) -> Any:
    path = folder / "answer"
    if not path.exists():
        last = (folder / "log").read_text("utf-8", errors="replace").strip().splitlines()[-1:]
        raise JobFailed(f"the child process ended with code {code} and no answer: {' '.join(last)}")
    answer = msgspec.json.decode(path.read_bytes(), type=Answer)
    if answer.problem:
        raise (UserMistake if answer.is_mistake else Outage if answer.is_outage else JobFailed)(answer.problem)
    return answer.value
