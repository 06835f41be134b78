"""Examples out of somebody's database: the rows that a query returns, columns found as a file's are."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.datasets import queries
from argosy.datasets.file_options import FileOptions
from argosy.datasets.plain_values import plain_row
from argosy.datasets.reading import NumberedRow, Reading


class QueryReading(Reading):
    """The examples of a query; `name` says which database they came from."""

    def __init__(self, url: str, query: str, options: FileOptions) -> None:
        super().__init__("the query", options)
        self.name = queries.name_of(url)
        self._url, self._query = url, query

    def rows(self) -> Iterator[NumberedRow]:
        with queries.open_query(self._url, self._query) as (names, rows):
            wanted = self.wanted(names)
            places = [names.index(name) for name in wanted]
            for number, row in enumerate(rows, 1):
                yield number, plain_row(wanted, [row[place] for place in places])
