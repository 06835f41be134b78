"""PostgreSQL, by psycopg 3: one read-only transaction, rows fetched by a cursor of the server. Needs `postgresql`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from argosy.errors import ExamplesInvalid, ExtraMissing

CONNECT_SECONDS = 10
BATCH_ROWS = 2000
_HIDDEN = "…"


@contextmanager
def open_query(
    url: str, query: str, parameters: Mapping[str, str | float]
) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """The columns and rows of `postgresql://USER:PASSWORD@HOST/DATABASE`, of one moment."""
    try:
        import psycopg
    except ImportError:
        raise ExtraMissing("psycopg", "postgresql", "a query of PostgreSQL") from None
    secrets = _secrets(url)
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, client_encoding="UTF8") as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.cursor("argosy_import") as cursor:
                cursor.itersize = BATCH_ROWS
                if parameters:
                    cursor.execute(_with_marks(query, parameters).encode(), dict(parameters))
                else:
                    cursor.execute(query.encode())
                yield [column.name for column in cursor.description or ()], iter(cursor)
            connection.rollback()
    except psycopg.ProgrammingError as error:
        if error.diag.message_primary is None:  # before a connection: libpq quotes what it cannot read
            problem = "the database's URL cannot be read: write % and @ in a password as %25 and %40"
            raise ExamplesInvalid(problem) from None
        raise ExamplesInvalid(_message(error, secrets)) from None
    except psycopg.Error as error:
        raise ExamplesInvalid(_message(error, secrets)) from None


def _with_marks(query: str, parameters: Mapping[str, str | float]) -> str:
    """`:name` as the driver writes it; `::type` is a cast."""
    names = "|".join(map(re.escape, parameters))
    return re.sub(rf"(?<!:):({names})\b", r"%(\1)s", query.replace("%", "%%"))


def _secrets(url: str) -> list[str]:
    """What no message may say: user and password, as written and as meant."""
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = urlsplit(url)
        meant = conninfo_to_dict(url)
    except Exception:  # noqa: BLE001  # whatever cannot be read is said by the connection
        return []
    written = [parts.username, parts.password]
    found = {str(one) for one in (*written, meant.get("user"), meant.get("password")) if one}
    return sorted({*found, *map(quote, found)}, key=len, reverse=True)


def _message(error: Exception, secrets: list[str]) -> str:
    """The first line of what the server says, without credentials."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()] or [type(error).__name__]
    text = lines[0]
    for secret in secrets:
        text = text.replace(f'"{secret}"', f'"{_HIDDEN}"')
    return f"PostgreSQL: the query failed: {text}"
