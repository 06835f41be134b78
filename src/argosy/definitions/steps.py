"""`steps:` of `argosy.yaml`: commands of any language that make files from files. Pure.

A step takes the files that its globs find, or what another step put out, and puts out one file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from argosy.definitions.definition import refuse_unknown_keys
from argosy.definitions.durations import parse_duration
from argosy.definitions.limits import in_units, parse_limits, parse_size
from argosy.errors import DefinitionInvalid, nearest
from argosy.paths import is_plain
from argosy.typed_values import checked_struct, shown

MOST_STEPS: Final = 200
MOST_KEPT: Final = 1_000_000
MOST_RETRIES: Final = 2
"""A queue tries a job three times."""
SECONDS: Final = 3600.0
OUTPUT_BYTES: Final = 1 << 30
INPUTS, OUTPUT = "{inputs}", "{output}"
"""In a command: one argument for each input file; the path that the output is to be written to."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_PATH: Final = "steps"
_LIST: Final = 'write a list, such as [python, clean.py, "{inputs}", "{output}"]: no shell reads it'


class StepImport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The output as a file of examples; columns are found by their usual names where none are given."""

    collection: str = ""
    """Empty: the project's."""
    text: str | None = None
    label: str | None = None
    seen_at: str | None = None
    subject: str | None = None
    split: str | None = None
    fields: list[str] = []


class StepSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step as it is written; `parse_steps` makes a `Step` of it."""

    command: Any
    inputs: Any
    output: str = ""
    code: Any = []
    image: str = ""
    env: dict[str, str] = {}
    limits: Any = None
    retries: Annotated[int, Meta(ge=0, le=MOST_RETRIES)] = MOST_RETRIES
    keep: Any = None
    imported: Any = msgspec.field(default=None, name="import")


@dataclass(frozen=True)
class StepLimits:
    """What one run may take before it is ended. They are no part of what is run, and so of a run's label."""

    seconds: float = SECONDS
    memory: int | None = None
    """Bytes of resident memory of all its processes; None: as much as there is."""
    output: int = OUTPUT_BYTES
    """Bytes of the file that it puts out."""

    def exceeded(self, seconds: float, memory: int, output: int) -> str:
        """Which limit a run of that age and size is over, in words; empty: none."""
        if seconds > self.seconds:
            return f"it ran for longer than the {self.seconds:g} s that its step allows (limits.seconds)"
        if self.memory is not None and memory > self.memory:
            return f"it took {in_units(memory)} of memory, more than the {in_units(self.memory)} that its step allows"
        if output > self.output:
            return f"its output is larger than the {in_units(self.output)} that its step allows (limits.output)"
        return ""


@dataclass(frozen=True)
class StepKeep:
    """Which outputs stay, besides the newest, which always does: so many, or those made in the last `seconds`."""

    versions: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Step:
    """One step, checked."""

    name: str
    command: tuple[str, ...]
    globs: tuple[str, ...]
    """Of its inputs; empty where it takes the output of the step `after`."""
    after: str
    output: str
    """The name of the file that it puts out."""
    code: tuple[str, ...]
    """Globs of the files that its command needs, in addition to those that it names."""
    image: str
    env: Mapping[str, str]
    limits: StepLimits
    retries: int
    imported: StepImport | None
    keep: StepKeep | None
    """None: for ever."""


def parse_steps(settings: Mapping[str, StepSettings]) -> dict[str, Step]:
    """The steps by name, each after the one that it takes its input from; raises DefinitionInvalid."""
    if len(settings) > MOST_STEPS:
        raise DefinitionInvalid(f"there are {len(settings)} steps, more than {MOST_STEPS}", _PATH)
    found = {name: _step(name, one, f"{_PATH}.{name}") for name, one in settings.items()}
    outputs: dict[str, str] = {}
    for step in found.values():
        if step.after and step.after not in found:
            there_are = f"{nearest(step.after, found)}; there are: {', '.join(found)}"
            raise DefinitionInvalid(f"there is no step '{step.after}'{there_are}", f"{_PATH}.{step.name}.inputs.step")
        other = outputs.setdefault(step.output, step.name)
        if other != step.name:
            problem = f"'{step.output}' is the output of the step '{other}' too: give each a name of its own"
            raise DefinitionInvalid(problem, f"{_PATH}.{step.name}.output")
    return {name: found[name] for name in _in_order(found)}


def _in_order(steps: Mapping[str, Step]) -> list[str]:
    try:
        before = {name: [step.after] if step.after else [] for name, step in steps.items()}
        return list(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise DefinitionInvalid(f"these steps wait for each other: {circle}", _PATH) from None


def _step(name: str, given: StepSettings, path: str) -> Step:
    if not _NAME.fullmatch(name):
        problem = "a step's name has small letters, digits, - and _, at most 40, and begins with a letter"
        raise DefinitionInvalid(f"{problem}; got {shown(name)}", _PATH)
    globs, after = _inputs(given.inputs, f"{path}.inputs")
    output = given.output or name
    if not is_plain(output) or "/" in output:
        raise DefinitionInvalid(f"expected the name of a file, without a folder; got {shown(output)}", f"{path}.output")
    code = _globs(given.code, f"{path}.code") if given.code else ()
    if given.image and (given.image.startswith("-") or not given.image.isprintable() or " " in given.image):
        raise DefinitionInvalid(f"is no name of a container image: {shown(given.image)}", f"{path}.image")
    if given.imported is not None and "." not in output:
        problem = f"the name of a file of examples says its format, such as {name}.csv; got {shown(output)}"
        raise DefinitionInvalid(problem, f"{path}.output")
    return Step(
        name,
        _command(given.command, f"{path}.command"),
        globs,
        after,
        output,
        code,
        given.image,
        _env(given.env, f"{path}.env"),
        _limits(given.limits, f"{path}.limits"),
        given.retries,
        _imported(given.imported, f"{path}.import"),
        _keep(given.keep, f"{path}.keep"),
    )


def _command(given: Any, path: str) -> tuple[str, ...]:
    if isinstance(given, str):
        if not given.strip() or len(given.split()) > 1:
            raise DefinitionInvalid(f"expected a program alone or a list; got {shown(given)}: {_LIST}", path)
        given = [given]
    words = given if isinstance(given, list) else []
    if not words or not all(isinstance(word, str) and word and "\0" not in word for word in words):
        raise DefinitionInvalid(f"expected a list of texts; got {shown(given)}: {_LIST}", path)
    for word in words:
        if INPUTS in word and word != INPUTS:
            raise DefinitionInvalid(f"'{INPUTS}' is an argument of its own; got {shown(word)}", path)
    if words[0] in (INPUTS, OUTPUT):
        raise DefinitionInvalid(f"its first word is a program; got {shown(words[0])}", path)
    return tuple(words)


def _inputs(given: Any, path: str) -> tuple[tuple[str, ...], str]:
    if isinstance(given, Mapping):
        refuse_unknown_keys(given, ("step",), "inputs", path)
        after = given.get("step")
        if not isinstance(after, str) or not after:
            raise DefinitionInvalid(f"expected a step's name; got {shown(after)}", f"{path}.step")
        return (), after
    return _globs(given, path), ""


def _globs(given: Any, path: str) -> tuple[str, ...]:
    globs = [given] if isinstance(given, str) else given
    if not isinstance(globs, list) or not globs or not all(isinstance(one, str) for one in globs):
        raise DefinitionInvalid(f'expected "raw/*.csv", a list of such, or {{step: NAME}}; got {shown(given)}', path)
    for one in globs:
        if not is_plain(one):
            problem = f"expected a pattern of files in the project's folder, such as raw/*.csv; got {shown(one)}"
            raise DefinitionInvalid(problem, path)
        if one.split("/")[0] == ".argosy":
            raise DefinitionInvalid("the project's own folder .argosy holds no input", path)
    return tuple(globs)


def _env(given: Mapping[str, str], path: str) -> dict[str, str]:
    for name, value in given.items():
        if not _VARIABLE.fullmatch(name) or name.startswith("ARGOSY_") or "\0" in value:
            raise DefinitionInvalid(f"is no name of a variable that a step can have: {shown(name)}", path)
    return dict(given)


def _limits(given: Any, path: str) -> StepLimits:
    if given is None:
        return StepLimits()
    refuse_unknown_keys(given, ("memory", "seconds", "output"), "limits", path)
    fit = parse_limits({name: value for name, value in given.items() if name != "output"}, path)
    output = parse_size(given.get("output"), f"{path}.output")
    seconds = fit.seconds if fit and fit.seconds is not None else SECONDS
    return StepLimits(seconds, fit.memory if fit else None, OUTPUT_BYTES if output is None else output)


def _keep(given: Any, path: str) -> StepKeep | None:
    if given is None:
        return None
    if isinstance(given, str):
        return StepKeep(seconds=parse_duration(given, path))
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_KEPT:
        problem = f"expected how many outputs, from 1 to {MOST_KEPT:,}, or for how long, such as 90d"
        raise DefinitionInvalid(f"{problem}; got {shown(given)}", path)
    return StepKeep(versions=given)


def _imported(given: Any, path: str) -> StepImport | None:
    if given is None:
        return None
    return checked_struct(StepImport, given, path)
