"""A SQLite file, opened so that nothing can be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from argosy.errors import ExamplesInvalid


@contextmanager
def open_query(
    url: str, query: str, parameters: Mapping[str, str | float]
) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """The columns and rows of `sqlite:///FILE`, read in one transaction."""
    path = Path(url.removeprefix("sqlite:///"))
    if not path.is_file():
        raise ExamplesInvalid(f"there is no database {path}")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            cursor = connection.execute(query, dict(parameters))
            if cursor.description is None:
                raise ExamplesInvalid("the query returns no rows: write a SELECT")
            yield [column[0] for column in cursor.description], cursor
    except sqlite3.Error as error:
        raise ExamplesInvalid(f"{path}: the query failed: {error}") from None
