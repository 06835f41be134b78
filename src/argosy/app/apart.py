"""Work that a project does in a child process, as a worker would: with thread counts of its own, and nothing loaded.

Numeric libraries choose their threads when they are imported, so that neither a reproduction nor a comparison can
be had in a process that has imported them. A task is a function `(project, request, report_progress) -> JSON`;
requests and answers hold no example's input.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from argosy import processes
from argosy.errors import JobFailed, UserMistake, message_of

if TYPE_CHECKING:
    from argosy.app.project import Project

Progress = Callable[[str], None]
Task = Callable[["Project", Mapping[str, Any], Progress], Any]

TASKS: Final = {
    "analyse": "argosy.app.analysis:analyse",
    "score_import": "argosy.app.importing:score_import",
    "answer_both": "argosy.app.comparison:answer_both",
    "answer_otherwise": "argosy.app.reviewing:answer_otherwise",
    "look_for_drift": "argosy.app.drifting:look_for_drift",
    "train_again": "argosy.app.reproduction:train_again",
}
POLL_SECONDS: Final = 0.05


class Answer(msgspec.Struct, frozen=True):
    """How a child ended: with a value, or with what went wrong and whether the user can put it right."""

    value: Any = None
    problem: str = ""
    is_mistake: bool = False


def apart(
    project: Project,
    task: str,
    request: Mapping[str, Any],
    threads: Mapping[str, str | None] | None = None,
    report_progress: Progress = lambda _: None,
) -> Any:
    """What the task makes of the request in a child process, one thread a library unless `threads` says otherwise.

    Raises UserMistake where the child met one, else JobFailed.
    """
    with tempfile.TemporaryDirectory(prefix="argosy-") as name:
        folder = Path(name)
        (folder / "request").write_bytes(msgspec.json.encode(request))
        child = processes.start(
            ["--project", str(project.root), "apart", task, name],
            environment=processes.single_threaded() if threads is None else _given(threads),
            log=folder / "log",
        )
        heard = 0
        try:
            while child.poll() is None:
                heard = _hear(folder, heard, report_progress)
                time.sleep(POLL_SECONDS)
            _hear(folder, heard, report_progress)
        finally:
            processes.stop(child)
        return _answer(folder, child.returncode)


def perform(project: Project, task: str, folder: Path) -> None:
    """The child's side: read the request, leave the answer."""
    for variable in processes.THREAD_VARIABLES:
        if os.environ.get(variable) == "":
            del os.environ[variable]
    module, _, name = TASKS[task].partition(":")
    function: Task = getattr(importlib.import_module(module), name)
    request = msgspec.json.decode((folder / "request").read_bytes())
    with (folder / "said").open("a", encoding="utf-8") as file:

        def report_progress(line: str) -> None:
            file.write(line + "\n")
            file.flush()

        try:
            answer = Answer(function(project, request, report_progress))
        except Exception as error:  # noqa: BLE001  # whatever it is, the parent raises it
            answer = Answer(problem=message_of(error), is_mistake=isinstance(error, UserMistake))
    (folder / "answer").write_bytes(msgspec.json.encode(answer))


def _given(threads: Mapping[str, str | None]) -> dict[str, str]:
    """As an environment: what was not set is empty here, and the child takes it away."""
    return {name: value or "" for name, value in threads.items()}


def _hear(folder: Path, heard: int, report_progress: Progress) -> int:
    """Pass on what the child has said since; how much that is by now."""
    path = folder / "said"
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    for line in whole[heard:]:
        report_progress(line.rstrip("\n"))
    return len(whole)


def _answer(folder: Path, code: int) -> Any:
    path = folder / "answer"
    if not path.exists():
        last = (folder / "log").read_text("utf-8", errors="replace").strip().splitlines()[-1:]
        raise JobFailed(f"the child process ended with code {code} and no answer: {' '.join(last)}")
    answer = msgspec.json.decode(path.read_bytes(), type=Answer)
    if answer.problem:
        raise (UserMistake if answer.is_mistake else JobFailed)(answer.problem)
    return answer.value
