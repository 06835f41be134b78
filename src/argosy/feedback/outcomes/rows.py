"""A source's row as an outcome: about whom, what happened, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from argosy.clock import parse_time
from argosy.definitions.service import Service
from argosy.definitions.service_outcomes import OutcomeSource
from argosy.errors import ExamplesInvalid
from argosy.identities import WrittenNumber
from argosy.label_sets import as_members, label_of
from argosy.predictions.entities import entity_key
from argosy.predictions.feedback_log import LABEL_CHARACTERS

MOST_AHEAD: Final = 86_400.0
"""Seconds: a row that is further in the future is a mistake, and must not close windows."""
UNREADABLE, NO_ENTITY, NO_TIME, IN_THE_FUTURE, NO_LABEL, REFUSED = POISON = (
    "unreadable",
    "no entity",
    "no time",
    "in the future",
    "no label",
    "label refused",
)
"""Why a row is no outcome."""


@dataclass(frozen=True)
class OutcomeRow:
    """What happened to an entity."""

    entity: str
    """As `entity_key` writes it."""
    label: str
    at: float
    inputs: Mapping[str, Any]
    """What the row says of the service's inputs."""
    digest_of: str = ""
    """What the row is recognised by, in place of its content."""

    @property
    def content(self) -> bytes:
        """What two rows must share to be the same."""
        return msgspec.json.encode((self.entity, self.label, self.at))


@dataclass(frozen=True)
class PoisonRow:
    """A row that cannot be an outcome; `why` is one of `POISON`."""

    why: str
    content: bytes


class NamedSource:
    """An outcome's source with the service that it belongs to."""

    def __init__(self, service: Service, source: OutcomeSource) -> None:
        self.service, self.source = service, source
        self.name = f"{service.name}.{source.name}"
        self.giver = f"outcome:{self.name}"
        """The source of the feedback that it gives."""
        self.models = tuple(dict.fromkeys(one.reference.partition("@")[0] for one in service.models))

    @property
    def givers(self) -> tuple[str, ...]:
        """Of all the service's sources."""
        return tuple(f"outcome:{self.service.name}.{one.name}" for one in self.service.outcomes)

    def check_columns(self, names: list[str]) -> None:
        """Raise ExamplesInvalid where a column is not there that every row must have."""
        one = self.source
        for column in (*one.entity, one.at, *([one.label] if one.label else [])):
            if column not in names:
                raise ExamplesInvalid(f"there is no column '{column}', but {', '.join(names[:20])}")


def outcome_of(named: NamedSource, row: Mapping[str, Any] | str, now: float) -> OutcomeRow | PoisonRow:
    """A row as an outcome; a text in its place says what is wrong with it. `now` is in seconds since 1970."""
    source = named.source
    if isinstance(row, str):
        return PoisonRow(UNREADABLE, row.encode("utf-8", "surrogatepass"))
    content = msgspec.json.encode({str(name): str(value) for name, value in row.items()}, order="sorted")
    try:
        entity = entity_key(row, source.entity)
    except ValueError:
        return PoisonRow(NO_ENTITY, content)
    try:
        at = parse_time(_seconds(row.get(source.at)))
    except (ValueError, OverflowError):
        return PoisonRow(NO_TIME, content)
    if at > now + MOST_AHEAD:
        return PoisonRow(IN_THE_FUTURE, content)
    try:
        label = label_of(row.get(source.label)) if source.label else source.name
    except (ValueError, TypeError):
        return PoisonRow(NO_LABEL, content)
    if not all(one.strip() and len(one) <= LABEL_CHARACTERS and "\0" not in one for one in as_members(label)):
        return PoisonRow(NO_LABEL, content)
    return OutcomeRow(entity, label, at, _inputs_in(named.service, row))


def _inputs_in(service: Service, row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row what the service accepts, each of its kind; what is not of it is left out."""
    found: dict[str, Any] = {}
    for name, accepted in service.accepts.items():
        value = row.get(name)
        if value is None or value == "":
            continue
        if accepted.kind != "number":
            whole = isinstance(value, float) and value.is_integer() and not isinstance(value, WrittenNumber)
            found[name] = value.text if isinstance(value, WrittenNumber) else str(int(value) if whole else value)
            continue
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            continue
    return found


def _seconds(value: Any) -> Any:
    """A text that is a number, as files have it, and a decimal of a database, as a number."""
    try:
        return float(value) if not isinstance(value, bool) else value
    except (TypeError, ValueError):
        return value
