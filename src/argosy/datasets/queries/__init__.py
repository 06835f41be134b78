"""Other people's databases, one module an engine; `open_query` knows which URL is whose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from argosy.errors import ExamplesInvalid

Table = tuple[list[str], Iterator[tuple[Any, ...]]]
"""The columns' names, and the rows."""

_MODULES: Mapping[str, str] = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


def open_query(url: str, query: str) -> AbstractContextManager[Table]:
    """What the query returns; raises ExamplesInvalid, whose message has no user and no password in it."""
    scheme = url.partition(":")[0]
    if scheme not in _MODULES or "://" not in url:
        known = "sqlite:///FILE, postgresql://USER:PASSWORD@HOST/DATABASE"
        raise ExamplesInvalid(f"no query can be sent to such a database: write {known}")
    module = import_module(f"{__name__}.{_MODULES[scheme]}")
    ask: Callable[[str, str], AbstractContextManager[Table]] = module.open_query
    return ask(url, query)


def name_of(url: str) -> str:
    """What such a database's examples came from: its engine and its own name."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "database"
    return f"{parts.scheme}:{parts.path.rpartition('/')[2]}"
