"""What one run of a step is made of, the label that names it, and when a look at a step asks for a run. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from argosy.definitions.steps import Step
from argosy.errors import UserMistake

DIGEST_CHARACTERS: Final = 16
"""Of the digest, in a label."""

Decision = Literal["nothing", "run", "want"]


class StepEnded(UserMistake):
    """A run that no other attempt would help: over a limit, nothing put out, no such program."""


@dataclass(frozen=True)
class StepFile:
    """A file that a run is given, by its path from the project's folder."""

    name: str
    digest: str
    size_bytes: int


class Task(msgspec.Struct, frozen=True):
    """What is run, without the files that it is given."""

    command: tuple[str, ...]
    output: str
    image: str = ""
    env: Mapping[str, str] = {}
    executables: tuple[str, ...] = ()
    """Of its code files, those that the system may run."""
    imported: Mapping[str, Any] | None = None
    """How the output becomes examples."""


def task_of(step: Step, executables: Iterable[str]) -> Task:
    imported = None if step.imported is None else msgspec.to_builtins(step.imported)
    return Task(step.command, step.output, step.image, step.env, tuple(sorted(executables)), imported)


def label_of_run(step: str, task: Task, inputs: Iterable[StepFile], code: Iterable[StepFile]) -> str:
    """`step-clean-0a1b2c3d4e5f6071`: the same for the same task on the same bytes under the same names, always."""
    files = [sorted((file.name, file.digest) for file in files) for files in (inputs, code)]
    said = msgspec.json.encode([msgspec.to_builtins(task), files], order="sorted")
    return f"step-{step}-{hashlib.sha256(said).hexdigest()[:DIGEST_CHARACTERS]}"


def decide(label: str, looked: str, newest: str, is_known: bool) -> Decision:
    """What a look that found `label` asks for.

    `looked` is what the last look from the same place found, `newest` the run that is the step's newest, from wherever.
    So two folders with different files do not take turns: only what changes asks for something.
    """
    if label == looked:
        return "nothing"
    if not is_known:
        return "run"
    return "nothing" if label == newest else "want"
