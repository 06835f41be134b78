"""`on:` of a plan: what submits it again automatically. Pure.

`{examples: news, every: 500}` counts rows, `{files: "inbox/*.csv", import: {…}}` imports files that come,
`{schedule: "0 3 * * *", zone: Europe/Berlin}` goes by the clock; a list has several.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from argosy.definitions.cron import UTC_NAME, CronSchedule, parse_cron
from argosy.definitions.definition import refuse_unknown_keys
from argosy.errors import DefinitionInvalid
from argosy.paths import is_plain
from argosy.typed_values import checked_struct, checked_value, shown

MOST: Final = 20
"""Triggers of one plan."""
LONGEST_PATTERN: Final = 500
NAME_CHARACTERS: Final = 16

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_HINT: Final = "expected {examples: news, every: 500}, {files: \"inbox/*.csv\"} or {schedule: '0 3 * * *'}"


class ImportOptions(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a trigger's files are imported: the options of `argosy examples import`, by their names."""

    collection: Name | None = None
    """None: the project's."""
    text: Name | None = None
    label: Name | None = None
    seen_at: Name | None = None
    subject: Name | None = None
    source: Name | None = None
    split: Name | None = None
    fields: list[Name] = []
    encoding: Name | None = None
    quoting: Literal["check", "none", "trust"] = "check"
    sheet: Name | None = None
    on_conflict: Literal["latest", "majority", "drop", "error"] | None = None
    """None: the project's rule."""
    missing: list[Name] = []
    fold_case: bool = False
    skip_bad: bool = False


class ExamplesTrigger(msgspec.Struct, frozen=True, tag="examples"):
    """So many rows, added or corrected, came into a collection since the plan was last submitted."""

    collection: str
    every: int

    def __str__(self) -> str:
        return f"every {self.every:,} new rows of '{self.collection}'"


class FilesTrigger(msgspec.Struct, frozen=True, tag="files"):
    """A file came, below the project's folder; it is imported first."""

    pattern: str
    options: ImportOptions = ImportOptions()

    def __str__(self) -> str:
        return f"files {self.pattern}"


class ScheduleTrigger(msgspec.Struct, frozen=True, tag="schedule"):
    """A moment of a schedule is over."""

    schedule: CronSchedule

    def __str__(self) -> str:
        return f"schedule {self.schedule}"


PlanTrigger = ExamplesTrigger | FilesTrigger | ScheduleTrigger


def parse_triggers(values: Any, path: str = "on") -> tuple[PlanTrigger, ...]:
    """Of a plan; raises DefinitionInvalid."""
    if values is None:
        return ()
    is_list = isinstance(values, list)
    given = values if is_list else [values]
    if not 1 <= len(given) <= MOST:
        raise DefinitionInvalid(f"expected one trigger, or a list of at most {MOST}; got {len(given)}", path)
    found: list[PlanTrigger] = []
    for number, one in enumerate(given):
        where = f"{path}[{number}]" if is_list else path
        trigger = _trigger(one, where)
        if trigger in found:
            raise DefinitionInvalid("the same trigger is in the list already", where)
        found.append(trigger)
    return tuple(found)


def trigger_name(trigger: PlanTrigger) -> str:
    """The same for as long as the trigger is the same: its state is kept under it."""
    return hashlib.sha256(written_trigger(trigger).encode()).hexdigest()[:NAME_CHARACTERS]


def written_trigger(trigger: PlanTrigger) -> str:
    """As JSON, for `read_trigger`."""
    return msgspec.json.encode(trigger, order="sorted").decode()


def read_trigger(text: str) -> PlanTrigger:
    """Raises msgspec.MsgspecError where another release wrote it."""
    found: PlanTrigger = msgspec.json.decode(text, type=PlanTrigger)
    return found


def _trigger(values: Any, path: str) -> PlanTrigger:
    kinds: dict[str, Callable[[Mapping[str, Any], str], PlanTrigger]] = {
        "examples": _examples,
        "files": _files,
        "schedule": _schedule,
    }
    named = [kind for kind in kinds if isinstance(values, Mapping) and kind in values]
    if len(named) != 1:
        raise DefinitionInvalid(f"{_HINT}; got {shown(values)}", path)
    return kinds[named[0]](values, path)


def _examples(values: Mapping[str, Any], path: str) -> ExamplesTrigger:
    refuse_unknown_keys(values, ("examples", "every"), "a trigger on examples", path)
    if "every" not in values:
        raise DefinitionInvalid("after how many new rows? `every: 500`", path)
    collection = checked_value(Name, values["examples"], f"{path}.examples")
    return ExamplesTrigger(collection, checked_value(Count, values["every"], f"{path}.every"))


def _files(values: Mapping[str, Any], path: str) -> FilesTrigger:
    refuse_unknown_keys(values, ("files", "import"), "a trigger on files", path)
    pattern, where = values["files"], f"{path}.files"
    if not isinstance(pattern, str) or not pattern or len(pattern) > LONGEST_PATTERN:
        raise DefinitionInvalid(f'expected a pattern such as "inbox/*.csv"; got {shown(pattern)}', where)
    if not is_plain(pattern):
        problem = (
            "expected a pattern below the project's folder, such as \"inbox/*.csv\": neither absolute nor with '..'"
        )
        raise DefinitionInvalid(f"{problem}; got {shown(pattern)}", where)
    if any("**" in part and part != "**" for part in pattern.split("/")) or pattern.endswith("**"):
        raise DefinitionInvalid(f'`**` stands alone between slashes, as in "in/**/*.csv"; got {shown(pattern)}', where)
    return FilesTrigger(pattern, checked_struct(ImportOptions, values.get("import", {}), f"{path}.import"))


def _schedule(values: Mapping[str, Any], path: str) -> ScheduleTrigger:
    refuse_unknown_keys(values, ("schedule", "zone"), "a schedule", path)
    return ScheduleTrigger(parse_cron(values["schedule"], values.get("zone", UTC_NAME), path))
