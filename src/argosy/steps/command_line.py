"""The words and the variables that a step's program is started with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.definitions.steps import INPUTS, OUTPUT
from argosy.steps.task import Task

PASSED: Final = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ")
"""The variables of a worker that a command is given; no other is, so that keys and tokens stay where they are."""
FOR_ENGINES: Final = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "CONTAINER_HOST"),
    *("CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF", "REGISTRY_AUTH_FILE"),
)
"""Those that podman or docker is given too; what runs in the container is not."""
ENGINES: Final = ("podman", "docker")
WORK, GIVEN, MADE, TEMPORARY = "work", "inputs", "output", "tmp"


@dataclass(frozen=True)
class RunFolder:
    """The fresh folder of one run, which is removed afterwards."""

    root: Path

    @property
    def work(self) -> Path:
        """Where the command starts, with its code files under their names."""
        return self.root / WORK

    @property
    def inputs(self) -> Path:
        return self.root / GIVEN

    @property
    def output(self) -> Path:
        return self.root / MADE

    @property
    def temporary(self) -> Path:
        return self.root / TEMPORARY


def command_line(task: Task, folder: RunFolder, inputs: Sequence[str]) -> list[str]:
    """The command with the paths of its input files and of its output."""
    output = str(folder.output / task.output)
    words: list[str] = []
    for word in task.command:
        given = [str(folder.inputs / name) for name in inputs] if word == INPUTS else [word.replace(OUTPUT, output)]
        words += given
    return words


def own_variables(step: str, task: Task, folder: RunFolder) -> dict[str, str]:
    """What every command is given of ours, and what its step adds."""
    ours = {
        "ARGOSY_STEP": step,
        "ARGOSY_STEP_INPUTS": str(folder.inputs),
        "ARGOSY_STEP_OUTPUT": str(folder.output / task.output),
        "TMPDIR": str(folder.temporary),
    }
    return {**ours, **task.env}


def variables(environ: Mapping[str, str], own: Mapping[str, str], programs: str, is_contained: bool) -> dict[str, str]:
    """The environment of the process; `programs` is the folder of Argosy's own Python, which is looked in first."""
    passed = (*PASSED, *FOR_ENGINES) if is_contained else PASSED
    kept = {name: environ[name] for name in passed if name in environ}
    kept["PATH"] = ":".join(filter(None, (programs, kept.get("PATH", ""))))
    return kept if is_contained else {**kept, **own}


def contained(
    engine: str,
    name: str,
    image: str,
    words: Sequence[str],
    folder: RunFolder,
    own: Mapping[str, str],
    memory: int | None,
    user: str,
) -> list[str]:
    """The same command in a container, which sees the run's folder under the path that it has here, and no other."""
    options = [
        "--rm",
        "--init",
        "--name",
        name,
        "--volume",
        f"{folder.root}:{folder.root}",
        "--workdir",
        str(folder.work),
    ]
    options += [part for key, value in own.items() for part in ("--env", f"{key}={value}")]
    options += ["--memory", str(memory)] if memory else []
    options += ["--user", user] if Path(engine).name == "docker" else []
    return [engine, "run", *options, image, *words]


def removal(engine: str, name: str) -> list[str]:
    """Removes the container, running or not, at once: podman would give it ten seconds."""
    return [engine, "rm", "--force", *(["--time", "0"] if Path(engine).name == "podman" else []), name]
