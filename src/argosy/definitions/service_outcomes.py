"""`outcomes:` of a service: where to find what happened after its decisions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from argosy.definitions.definition import refuse_unknown_keys
from argosy.definitions.durations import parse_duration
from argosy.definitions.service_features import check_short_name
from argosy.errors import DefinitionInvalid, nearest
from argosy.typed_values import abridged_list, checked_value, shown

SOURCES: Final = ("query", "topic", "files", "posted")
_KEYS: Final = (*SOURCES, "database", "entity", "at", "label", "within", "otherwise", "every", "late", "subject")


class OutcomeSource(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that say what happened to an entity, and when.

    One source of `SOURCES`: a query of the database that the settings name, whose `:since` is where it was read up to;
    a topic of the log of events; a folder of CSV files; or what is sent to `POST /outcomes`.
    """

    name: str
    query: str = ""
    database: str = ""
    topic: str = ""
    files: str = ""
    posted: bool = False
    entity: tuple[str, ...]
    """The inputs that say who or what it is about; the rows have columns of these names."""
    at: str = "at"
    """The column that says when it happened."""
    label: str = ""
    """The column of the label; empty: each row means the outcome's own name."""
    subject: str = ""
    """The input that names a person: examples of rows that nobody asked about belong to that subject."""
    within: float
    """Seconds after an answer in which what happens belongs to it."""
    otherwise: str = ""
    """The label of an answer after which nothing happened in that time; empty: there is none."""
    every: float = 60.0
    """Seconds between two looks at the source."""
    late: float = 3600.0
    """Seconds by which a row may come after later ones: so far back a query is read again."""

    @property
    def source(self) -> str:
        """Which of `SOURCES` it is."""
        return next(name for name in SOURCES if getattr(self, name))

    @property
    def origin(self) -> list[str]:
        """What is read: a position in it means nothing elsewhere."""
        return [self.source, self.database, self.query or self.topic or self.files]


def parse_outcome_sources(values: Any, inputs: Mapping[str, Any]) -> tuple[OutcomeSource, ...]:
    """In their order; raises DefinitionInvalid."""
    if values is None:
        return ()
    if not isinstance(values, Mapping):
        raise DefinitionInvalid(f"expected a mapping of outcomes by name; got {shown(values)}", "outcomes")
    found = [_outcome(name, given, inputs, f"outcomes.{name}") for name, given in values.items()]
    for one in found[1:]:
        if one.entity != found[0].entity:
            raise DefinitionInvalid(
                f"all outcomes of a service are about the same entity, here {', '.join(found[0].entity)}",
                f"outcomes.{one.name}.entity",
            )
    return tuple(found)


def _outcome(name: str, given: Any, inputs: Mapping[str, Any], path: str) -> OutcomeSource:
    check_short_name(name, "an outcome", path)
    refuse_unknown_keys(given, _KEYS, "an outcome", path)
    if "posted" in given:
        checked_value(bool, given["posted"], f"{path}.posted")
    sources = [source for source in SOURCES if given.get(source)]
    if len(sources) != 1:
        raise DefinitionInvalid(f"has one source: {', '.join(SOURCES)}; got {', '.join(sources) or 'none'}", path)
    texts: dict[str, Any] = {
        key: checked_value(str, given[key], f"{path}.{key}")
        for key in ("query", "database", "topic", "files", "at", "label", "otherwise", "subject")
        if key in given
    }
    if "query" in texts and not texts.get("database"):
        raise DefinitionInvalid("is missing: name one of the settings' `databases`", f"{path}.database")
    if "query" in texts and ":since" not in texts["query"]:
        raise DefinitionInvalid(
            "must have `:since`, from where on rows are wanted: … WHERE at > :since", f"{path}.query"
        )
    if texts.get("otherwise") == name and not texts.get("label"):
        raise DefinitionInvalid(f"{shown(name)} is what happened: write the label of what did not", f"{path}.otherwise")
    if (entity := given.get("entity")) is None:
        raise DefinitionInvalid(
            "is missing: name the inputs that say whom it is about, such as [user, product]", f"{path}.entity"
        )
    names = tuple(checked_value(list[str], [entity] if isinstance(entity, str) else entity, f"{path}.entity"))
    if not names:
        raise DefinitionInvalid(
            "expected the inputs that say whom it is about, such as [user, product]", f"{path}.entity"
        )
    for one in names:
        if one not in inputs:
            raise DefinitionInvalid(
                f"no input is called {shown(one)}{nearest(one, inputs)}: {abridged_list(inputs)}", f"{path}.entity"
            )
    if (subject := texts.get("subject")) is not None and subject not in inputs:
        raise DefinitionInvalid(
            f"no input is called {shown(subject)}{nearest(subject, inputs)}: {abridged_list(inputs)}", f"{path}.subject"
        )
    if "within" not in given:
        raise DefinitionInvalid("is missing: write a duration such as 7d", f"{path}.within")
    durations: dict[str, Any] = {
        key: parse_duration(given[key], f"{path}.{key}") for key in ("within", "every", "late") if key in given
    }
    return OutcomeSource(name=name, entity=names, posted=given.get("posted") is True, **texts, **durations)
