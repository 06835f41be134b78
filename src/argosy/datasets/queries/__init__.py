"""Other people's databases, one module an engine; `open_query` knows which URL is whose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from argosy.definitions.project import DATABASE_PREFIX
from argosy.errors import ExamplesInvalid, nearest

Table = tuple[list[str], Iterator[tuple[Any, ...]]]
"""The columns' names, and the rows."""

_MODULES: Mapping[str, str] = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


def open_query(
    url: str, query: str, parameters: Mapping[str, str | float] | None = None
) -> AbstractContextManager[Table]:
    """What the query returns; raises ExamplesInvalid, whose message has no user and no password in it.

    In the query a parameter is `:name`. A text is of whatever type PostgreSQL takes it for where it stands.
    """
    scheme = url.partition(":")[0]
    if scheme not in _MODULES or "://" not in url:
        known = "sqlite:///FILE, postgresql://USER:PASSWORD@HOST/DATABASE"
        raise ExamplesInvalid(f"no query can be sent to such a database: write {known}")
    module = import_module(f"{__name__}.{_MODULES[scheme]}")
    ask: Callable[[str, str, Mapping[str, str | float]], AbstractContextManager[Table]] = module.open_query
    return ask(url, query, parameters or {})


def named_url(databases: Mapping[str, str], name: str, root: Path) -> str:
    """The URL of one of the settings' databases, a relative file being the project's; raises ExamplesInvalid."""
    if name not in databases:
        raise ExamplesInvalid(
            f"no database is called '{name}'{nearest(name, databases)}: write its URL at `databases` in argosy.yaml, "
            f"or into the variable {DATABASE_PREFIX}{name.upper()}"
        )
    url = databases[name]
    file = url.removeprefix("sqlite:///")
    return url if file == url else f"sqlite:///{root / file}"


def name_of(url: str) -> str:
    """What such a database's examples came from: its engine and its own name."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "database"
    return f"{parts.scheme}:{parts.path.rpartition('/')[2]}"
