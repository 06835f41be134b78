"""`trends/NAME.yaml`: which keys of a stream lead in windows of event time, as rows at the end of each window. Pure.

Windows begin at multiples of `every` since 1970 in UTC. One whose `every` is the window is a tumbling one, else they
slide.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy.definitions.definition import refuse_unknown_keys
from argosy.definitions.durations import parse_duration
from argosy.definitions.service_features import (
    Aggregate,
    StreamFeature,
    check_column,
    check_short_name,
    checked_condition,
    parse_aggregates,
)
from argosy.definitions.yaml_files import located, read_mapping
from argosy.errors import DefinitionInvalid, nearest
from argosy.typed_values import abridged_list, checked_value, shown

FOLDER: Final = "trends"
TOP: Final = 10
MOST_TOP: Final = 1000
MOST_PANES: Final = 1000
MOST_DAYS: Final = 366
"""Of a window, and of the lateness."""
OWN_COLUMNS: Final = ("at", "trend", "rank")
"""Of every row: the end of the window, the trend's name, and the place of the key, 1 for the first."""
_KEYS: Final = ("trend", "stream", "key", "where", "aggregate", "window", "every", "top", "by", "at", "lateness", "to")


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The `top` keys by the aggregate `by`, of each window of `window` seconds, every `every` seconds."""

    name: str
    stream: str
    """The topic of the events."""
    key: str
    """The field of the events that is ranked."""
    aggregates: Mapping[str, Aggregate]
    window: int
    every: int
    top: int
    by: str
    where: str | None = None
    at: str = "at"
    lateness: float = 60.0
    """By how many seconds an event may come after a newer one of its partition, and still count."""
    to: str = ""
    """The topic of the rows; empty: none."""

    @property
    def panes(self) -> int:
        """How many times `every` a window is."""
        return self.window // self.every

    @property
    def columns(self) -> tuple[str, ...]:
        """Of a row."""
        return (*OWN_COLUMNS, self.key, *self.aggregates)

    @property
    def feature(self) -> StreamFeature:
        """What is read of events, as streams of services say it."""
        return StreamFeature(
            name=self.name,
            key=self.key,
            stream=self.stream,
            aggregates=self.aggregates,
            window=self.window,
            pane=self.every,
            where=self.where,
            at=self.at,
            lateness=self.lateness,
        )


def parse_trend(values: Mapping[str, Any], name: str) -> Trend:
    """From JSON values; `name` is for one that names itself not. Raises DefinitionInvalid."""
    refuse_unknown_keys(values, _KEYS, "a trend", "")
    name = checked_value(str, values.get("trend", name), "trend")
    check_short_name(name, "a trend", "trend")
    stream, key = _text(values, "stream"), _text(values, "key")
    check_column(key, "key")
    aggregates = _aggregates(values, key)
    by = _text(values, "by", next(iter(aggregates)))
    if by not in aggregates:
        raise DefinitionInvalid(
            f"no aggregate is called {shown(by)}{nearest(by, aggregates)}: {abridged_list(aggregates)}", "by"
        )
    window, every = _window(values)
    top = checked_value(int, values.get("top", TOP), "top")
    if not 1 <= top <= MOST_TOP:
        raise DefinitionInvalid(f"is 1 to {MOST_TOP:,}; got {top}", "top")
    at = _text(values, "at", "at")
    check_column(at, "at")
    to = _text(values, "to") if "to" in values else ""
    if to == stream:
        raise DefinitionInvalid("is the stream itself: its rows would be events of it", "to")
    lateness = _seconds(_given(values, "lateness", "60s"), "lateness")
    return Trend(
        name=name,
        stream=stream,
        key=key,
        aggregates=aggregates,
        window=window,
        every=every,
        top=top,
        by=by,
        where=checked_condition(values.get("where"), "where"),
        at=at,
        lateness=lateness,
        to=to,
    )


def load_trends(folder: Path) -> dict[str, Trend]:
    """Those of a project's folder by name; raises DefinitionInvalid with the file and line."""
    found: dict[str, Trend] = {}
    for file in sorted((folder / FOLDER).glob("*")):
        if file.suffix.lower() not in (".yaml", ".yml", ".json"):
            continue
        with located(file):
            trend = parse_trend(read_mapping(file), file.stem)
            if trend.name in found:
                raise DefinitionInvalid(f"another file has a trend '{trend.name}' already", "trend")
        found[trend.name] = trend
    return found


def _aggregates(values: Mapping[str, Any], key: str) -> dict[str, Aggregate]:
    found = parse_aggregates(values.get("aggregate"), "aggregate")
    for name, aggregate in found.items():
        if aggregate.function == "last":
            raise DefinitionInvalid("a trend has no `last`: write count, sum, mean, min or max", f"aggregate.{name}")
    for column in (key, *found):
        if column in OWN_COLUMNS:
            raise DefinitionInvalid(
                f"'{column}' is a column of every row already ({', '.join(OWN_COLUMNS)})",
                "key" if column == key else f"aggregate.{column}",
            )
    if key in found:
        raise DefinitionInvalid(f"'{key}' is the key already: give it another name", f"aggregate.{key}")
    return found


def _window(values: Mapping[str, Any]) -> tuple[int, int]:
    """(window, every), in whole seconds."""
    window = _whole_seconds(_given(values, "window"), "window")
    every = _whole_seconds(values["every"], "every") if "every" in values else window
    if window % every:
        raise DefinitionInvalid("the window must be a multiple of it, such as every: 5m for window: 1h", "every")
    if window // every > MOST_PANES:
        raise DefinitionInvalid(f"a window is {MOST_PANES:,} times as long at most: write a longer time", "every")
    return window, every


def _seconds(text: Any, path: str) -> float:
    seconds = parse_duration(text, path)
    if seconds > MOST_DAYS * 86_400:
        raise DefinitionInvalid(f"is {MOST_DAYS} days at most; got {shown(text)}", path)
    return seconds


def _whole_seconds(text: Any, path: str) -> int:
    seconds = _seconds(text, path)
    if not seconds.is_integer():
        raise DefinitionInvalid(f"{shown(text)} is not a number of whole seconds", path)
    return int(seconds)


def _given(values: Mapping[str, Any], name: str, default: str | None = None) -> Any:
    if (value := values.get(name, default)) is None:
        raise DefinitionInvalid("is missing", name)
    return value


def _text(values: Mapping[str, Any], name: str, default: str | None = None) -> str:
    text: str = checked_value(str, _given(values, name, default), name)
    if not text:
        raise DefinitionInvalid("is empty", name)
    return text
