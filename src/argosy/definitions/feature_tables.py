"""`tables:` of the settings: tables of features that are refreshed from a database or from files. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from argosy.definitions.durations import Duration, OptionalDuration, parse_duration
from argosy.definitions.service_features import check_short_name
from argosy.errors import DefinitionInvalid

Text = Annotated[str, Meta(min_length=1)]


class TableSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a table's rows come from: a query of one of `databases`, or files, here or in an object store."""

    key: Text
    """The column that rows are found by."""
    query: str = ""
    database: str = ""
    files: str = ""
    columns: list[Text] = []
    """Those that are kept; empty: all others than the key."""
    every: Duration = "1h"
    """How long after a refresh the next one is."""
    live: OptionalDuration = ""
    """How long rows live unless others take their place; empty: for ever."""

    @property
    def every_seconds(self) -> float:
        return parse_duration(self.every, "every")

    @property
    def live_seconds(self) -> float | None:
        return parse_duration(self.live, "live") if self.live else None


def check_tables(tables: Mapping[str, TableSettings]) -> None:
    """Raise DefinitionInvalid where one cannot be refreshed."""
    for name, one in tables.items():
        path = f"tables.{name}"
        check_short_name(name, "a table", path)
        if bool(one.query) == bool(one.files):
            raise DefinitionInvalid("write either `query` with `database`, or `files`", path)
        if bool(one.query) != bool(one.database):
            raise DefinitionInvalid("a query is of one of the settings' `databases`: name it", f"{path}.database")
        parse_duration(one.every, f"{path}.every")
        if one.live:
            parse_duration(one.live, f"{path}.live")
