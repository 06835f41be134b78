"""`features:` of a service: columns that are looked up by an input while the request waits. Pure.

A table's columns are found by a key of the request; a stream's are aggregates of the events with that key in a window
that ends now. What a stream's columns mean is fixed by a digest: values that were computed by another definition are
never read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

from argosy.definitions.definition import canonical_json, refuse_unknown_keys
from argosy.definitions.durations import parse_duration
from argosy.definitions.expressions import RESERVED_WORDS, Expression
from argosy.errors import DefinitionInvalid, nearest
from argosy.typed_values import abridged_list, checked_value, shown

Value: TypeAlias = str | float | bool | None
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""Of a service, its inputs and its features."""
COLUMN: Final = re.compile(r"[^\W\d]\w{0,99}")
Stale: TypeAlias = Literal["mark", "default", "refuse"]
"""What is done with a value older than `at_most`: given and marked, its default in its place, or no answer at all."""
AGGREGATES: Final = ("count", "sum", "mean", "min", "max", "last")
PANES: Final = 60
"""Of a window for which none are given: this many, or as many as are a second long at least."""
_SHARED: Final = ("key", "default", "at_most", "stale", "required")


class LookUp(msgspec.Struct, frozen=True, kw_only=True):
    """What tables and streams have in common."""

    name: str
    key: str
    """The input that the row is found by."""
    default: Mapping[str, Value] = {}
    """By column, where there is no row, or no value in it."""
    at_most: float | None = None
    """Seconds that a value may be old."""
    stale: Stale = "mark"
    required: bool = False
    """Whether nothing is answered where there are no values, or the cache does not give them in time."""


class TableFeature(LookUp, frozen=True, kw_only=True):
    """`columns`: a column's name among the model's inputs to its name in the table."""

    table: str
    columns: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Of all that decides which values are found."""
        return _digest([self.table, self.key, dict(self.columns), dict(self.default)])


class Aggregate(msgspec.Struct, frozen=True):
    """`of` is None of a count of events."""

    function: Literal["count", "sum", "mean", "min", "max", "last"]
    of: str | None = None

    def __str__(self) -> str:
        return "count" if self.of is None else f"{self.function}({self.of})"


class StreamFeature(LookUp, frozen=True, kw_only=True):
    """Aggregates of the events of a topic over the last `window` seconds, by the events' own time.

    The window consists of panes of `pane` seconds, the last of which is not over yet.
    """

    stream: str
    aggregates: Mapping[str, Aggregate]
    window: float
    pane: float
    where: str | None = None
    at: str = "at"
    """The field of an event that says when it was."""
    lateness: float = 60.0
    """By how many seconds an event may come after a newer one of its partition, and still count."""

    @property
    def columns(self) -> Mapping[str, str]:
        return {name: name for name in self.aggregates}

    @property
    def digest(self) -> str:
        """Of all that the values depend on."""
        said = [
            self.stream,
            self.key,
            {name: str(one) for name, one in self.aggregates.items()},
            self.window,
            self.pane,
            self.where,
            self.at,
            self.lateness,
        ]
        return _digest(said)


Feature: TypeAlias = TableFeature | StreamFeature


def _digest(said: Any) -> str:
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()[:16]


def parse_features(values: Any, inputs: Mapping[str, Any]) -> tuple[Feature, ...]:
    """In their order; raises DefinitionInvalid."""
    if values is None:
        return ()
    if not isinstance(values, Mapping):
        raise DefinitionInvalid(f"expected a mapping of features by name; got {shown(values)}", "features")
    found: list[Feature] = []
    owners = dict.fromkeys(inputs, "an input")
    for name, given in values.items():
        where = f"features.{name}"
        check_short_name(name, "a feature", where)
        one = _feature(name, given, where)
        if one.key not in inputs:
            raise DefinitionInvalid(
                f"no input is called {shown(one.key)}{nearest(one.key, inputs)}: {abridged_list(inputs)}",
                f"{where}.key",
            )
        for column in one.columns:
            if column in owners:
                raise DefinitionInvalid(
                    f"'{column}' is {owners[column]} already: give it another name, as {{{column}_{name}: {column}}}",
                    f"{where}.{'columns' if isinstance(one, TableFeature) else 'aggregate'}",
                )
            owners[column] = f"a column of '{name}'"
        found.append(one)
    return tuple(found)


def check_short_name(name: Any, noun: str, path: str) -> None:
    """Raise DefinitionInvalid where it cannot be one."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise DefinitionInvalid(
            f"{shown(name)} is no name of {noun}: write lower-case letters, digits and '_', a letter first", path
        )


def _feature(name: str, given: Any, path: str) -> Feature:
    if isinstance(given, Mapping) and {"table", "stream"} <= given.keys():
        raise DefinitionInvalid("has both a `table` and a `stream`: write two features", path)
    if isinstance(given, Mapping) and "stream" in given:
        refuse_unknown_keys(
            given, ("stream", "where", "aggregate", "window", "pane", "at", "lateness", *_SHARED), "a stream", path
        )
        return _stream(name, given, path)
    refuse_unknown_keys(given, ("table", "columns", *_SHARED), "a feature", path)
    if "table" not in given:
        raise DefinitionInvalid("has neither a `table` nor a `stream`", path)
    columns = _columns(given.get("columns"), f"{path}.columns")
    return TableFeature(
        name=name, table=_text(given, "table", path), columns=columns, **_look_up(given, tuple(columns), path)
    )


def _stream(name: str, given: Mapping[str, Any], path: str) -> StreamFeature:
    aggregates = parse_aggregates(given.get("aggregate"), f"{path}.aggregate")
    window = _seconds(given, "window", path)
    pane = _seconds(given, "pane", path, window / max(1, min(PANES, int(window))))
    if pane > window or window % pane > 1e-9 * window < pane - window % pane:
        raise DefinitionInvalid("the window must consist of whole panes", f"{path}.pane")
    if window / pane > 1000:
        raise DefinitionInvalid("a window has 1,000 panes at most: write a longer pane", f"{path}.pane")
    return StreamFeature(
        name=name,
        stream=_text(given, "stream", path),
        aggregates=aggregates,
        window=window,
        pane=pane,
        where=checked_condition(given.get("where"), f"{path}.where"),
        at=_text(given, "at", path, "at"),
        lateness=_seconds(given, "lateness", path, 60.0),
        **_look_up(given, tuple(aggregates), path),
    )


def checked_condition(given: Any, path: str) -> str | None:
    """The expression over events, None where none is given; raises DefinitionInvalid."""
    if given is None:
        return None
    condition = Expression(checked_value(str, given, path), path)
    condition.check_boolean(dict.fromkeys(condition.names, "any"))
    return condition.text


def _look_up(given: Mapping[str, Any], columns: tuple[str, ...], path: str) -> dict[str, Any]:
    default = given.get("default")
    default = checked_value(dict[str, str | float | bool | None], {} if default is None else default, f"{path}.default")
    for column in default:
        if column not in columns:
            raise DefinitionInvalid(
                f"the feature has no column {shown(column)}{nearest(column, columns)}: {abridged_list(columns)}",
                f"{path}.default.{column}",
            )
    at_most = _seconds(given, "at_most", path) if "at_most" in given else None
    if "stale" in given and at_most is None:
        raise DefinitionInvalid(
            "says what is done with values that are older than `at_most`: give that", f"{path}.stale"
        )
    return {
        "key": _text(given, "key", path),
        "default": default,
        "at_most": at_most,
        "stale": checked_value(Stale, given.get("stale", "mark"), f"{path}.stale"),
        "required": checked_value(bool, given.get("required", False), f"{path}.required"),
    }


def _columns(given: Any, path: str) -> dict[str, str]:
    if isinstance(given, list):
        given = {one: one for one in checked_value(list[str], given, path)}
    columns = checked_value(dict[str, str], given, path) if isinstance(given, Mapping) else {}
    if not columns:
        raise DefinitionInvalid("expected a list of the table's columns, or a mapping {NAME: COLUMN}", path)
    for name, column in columns.items():
        check_column(name, path)
        if not column:
            raise DefinitionInvalid("is the name of no column", f"{path}.{name}")
    return columns


def check_column(name: Any, path: str) -> None:
    """Raise DefinitionInvalid where it cannot be one."""
    if not isinstance(name, str) or not COLUMN.fullmatch(name):
        raise DefinitionInvalid(f"{shown(name)} is no name: write letters, digits and '_', no digit first", path)
    if name.lower() in RESERVED_WORDS:
        raise DefinitionInvalid(f"'{name}' has a meaning in expressions: give it another name", path)


def parse_aggregates(given: Any, path: str) -> dict[str, Aggregate]:
    """By the name of their column; raises DefinitionInvalid."""
    if not isinstance(given, Mapping) or not given:
        raise DefinitionInvalid("expected a mapping such as {views: count, spent: sum(price)}", path)
    found = {}
    for name, text in given.items():
        check_column(name, path)
        found[name] = _aggregate(checked_value(str, text, f"{path}.{name}"), f"{path}.{name}")
    return found


def _aggregate(text: str, path: str) -> Aggregate:
    """From `count` or `sum(price * amount)`."""
    function, bracket, rest = text.strip().partition("(")
    function = function.strip()
    if function not in AGGREGATES:
        known = ", ".join(AGGREGATES)
        raise DefinitionInvalid(f"{shown(text)} begins with no aggregate{nearest(function, AGGREGATES)}: {known}", path)
    if function == "count":
        if bracket and rest.strip() != ")":
            raise DefinitionInvalid("count counts events: write `count`, and which with `where`", path)
        return Aggregate("count")
    if not bracket or not rest.endswith(")"):
        raise DefinitionInvalid(f"write {function}(VALUE), with a field of the events or what comes of several", path)
    of = Expression(rest[:-1], path)
    if function in ("sum", "mean"):
        of.check_number(dict.fromkeys(of.names, "any"))
    else:
        of.type_among(dict.fromkeys(of.names, "any"))
    return Aggregate(checked_value(Literal[AGGREGATES], function, path), of.text.strip())


def _text(given: Mapping[str, Any], name: str, path: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or not value:
        raise DefinitionInvalid(
            "is missing" if value is None else f"expected a text; got {shown(value)}", f"{path}.{name}"
        )
    return value


def _seconds(given: Mapping[str, Any], name: str, path: str, default: float | None = None) -> float:
    value = given.get(name)
    if value is None:
        if default is None:
            raise DefinitionInvalid("is missing: write a duration such as 30m", f"{path}.{name}")
        return default
    return parse_duration(value, f"{path}.{name}")
