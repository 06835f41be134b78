"""What a stream makes of one event: moment, key and values, or why it cannot be counted. Pure.

Only the fields that the definition names are read. An event that `where` excludes may be anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, NamedTuple, TypedDict

import msgspec

from argosy.clock import parse_time
from argosy.definitions.expressions import Evaluate, Expression
from argosy.definitions.service_features import StreamFeature
from argosy.identities import identity_of

NO_JSON: Final = "no JSON object"
NO_TIME: Final = "no time"
NO_KEY: Final = "no key"
NO_WHERE: Final = "where cannot be evaluated"
MOST_KEY: Final = 1000
"""Characters of a key."""


class StreamEvent(NamedTuple):
    """`values` are of the aggregates in their order, None of a count and where there is none."""

    at: float
    key: str
    values: tuple[float | None, ...]


class EventParser:
    """Of one definition."""

    def __init__(self, feature: StreamFeature) -> None:
        where = None if feature.where is None else Expression(feature.where)
        of = {name: Expression(one.of) for name, one in feature.aggregates.items() if one.of is not None}
        fields = [feature.key, feature.at, *(where.names if where else ())]
        fields += [name for one in of.values() for name in one.names]
        self._nothing: dict[str, Any] = dict.fromkeys(fields)
        event: Any = TypedDict("event", dict.fromkeys(self._nothing, Any), total=False)  # type: ignore[misc]
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(event).decode
        self._key, self._at = feature.key, feature.at
        self._where = None if where is None else where.compiled()
        self._of = [
            None if aggregate.of is None else (_number_of(name, of[name].compiled()))
            for name, aggregate in feature.aggregates.items()
        ]

    @property
    def fields(self) -> tuple[str, ...]:
        """Of an event, that are read."""
        return tuple(self._nothing)

    def parse(self, event: bytes) -> StreamEvent | str | None:
        """None where it is not one of the stream's; a text where it cannot be counted: the reason, one of a few."""
        try:
            row = self._decode(event)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return NO_JSON
        if len(row) < len(self._nothing):
            row = self._nothing | row
        if self._where is not None:
            try:
                if self._where(row) is not True:
                    return None
            except ValueError:
                return NO_WHERE
        at = _moment_of(row[self._at])
        if at is None:
            return NO_TIME
        key = _key_of(row[self._key])
        if key is None:
            return NO_KEY
        try:
            return StreamEvent(at, key, tuple([None if number is None else number(row) for number in self._of]))
        except _NoNumber as problem:
            return str(problem)


class _NoNumber(Exception):
    pass


def _number_of(name: str, evaluate: Evaluate) -> Evaluate:
    reason = f"no number for {name}"

    def number(row: Any) -> float | None:
        try:
            value = evaluate(row)
        except ValueError:
            raise _NoNumber(reason) from None
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _NoNumber(reason)
        try:
            found = float(value)
        except OverflowError:
            raise _NoNumber(reason) from None
        if not isfinite(found):
            raise _NoNumber(reason)
        return found

    return number


def _moment_of(value: Any) -> float | None:
    try:
        if type(value) is str:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                return parse_time(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return parse_time(value)
    except (ValueError, OverflowError):
        return None


def _key_of(value: Any) -> str | None:
    if type(value) is str and value.isascii() and value.isprintable() and value == value.strip():
        return value if 0 < len(value) <= MOST_KEY else None  # as nearly all are
    try:
        key = identity_of(value, "key")
    except ValueError:
        return None
    return key if key is None or len(key) <= MOST_KEY else None
