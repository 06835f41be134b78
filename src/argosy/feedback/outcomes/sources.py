"""Where outcomes are read, a batch of rows at a time; each kind of source keeps its own position.

A position is a JSON value, which is written in the transaction that writes what the rows taught. Rows may be given
again: they are recognised by their content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain, islice
from typing import Any, Final

import msgspec

from argosy.backends import Backends
from argosy.datasets import queries
from argosy.errors import ExamplesInvalid
from argosy.feedback.outcomes import since
from argosy.feedback.outcomes.batches import AT_ONCE, OutcomeBatch, RawRow
from argosy.feedback.outcomes.folder import folder_batches
from argosy.feedback.outcomes.rows import NamedSource
from argosy.streaming.log import read_to_end

MOST_HELD: Final = 20_000
"""Rows that are held in memory, so that the source's connection is closed before they are taken."""
WAIT_SECONDS: Final = 0.5
"""For a topic's next events."""


def read_batches(
    backends: Backends, named: NamedSource, position: dict[str, Any], from_: float | None
) -> Iterator[OutcomeBatch]:
    """What is new after that position; `from_` is the moment that a query is read from, None at first.

    Where the definition names something else to read than it did, that is read from its beginning: rows that were taken
    are known again. Raises ExamplesInvalid, TopicNotFound and Outage where the source cannot be read now.
    """
    origin = named.source.origin
    if position.get("origin") != origin:
        position, from_ = {}, None
    for batch in _batches(backends, named, position.get("read", {}), from_):
        yield batch._replace(position={"origin": origin, "read": batch.position})


def _batches(
    backends: Backends, named: NamedSource, position: dict[str, Any], from_: float | None
) -> Iterator[OutcomeBatch]:
    kind = named.source.source
    if kind == "query":
        url = queries.named_url(backends.settings.databases, named.source.database, backends.root)
        return _query_batches(url, named, position, from_)
    if kind == "topic":
        return _topic_batches(backends, named, position)
    if kind == "files":
        return folder_batches(backends.root, named.source.files, position)
    return iter([OutcomeBatch([], position, True)])  # posted rows are taken when they come


def _query_batches(
    url: str, named: NamedSource, position: dict[str, Any], from_: float | None
) -> Iterator[OutcomeBatch]:
    """Rows may come in any order: only the last batch changes the position."""
    form = position.get("form")
    first = since.first_of(url) if form is None or from_ is None else (since.since_value(form, from_),)
    problem: ExamplesInvalid | None = None
    for value in first:
        try:
            with queries.open_query(url, named.source.query, {"since": value}) as (names, rows):
                named.check_columns(names)
                some = list(islice(rows, MOST_HELD))
                if len(some) == MOST_HELD:
                    yield from _named_batches(named, names, chain(some, rows), position)
                    return
        except ExamplesInvalid as error:
            problem = problem or error
        else:
            yield from _named_batches(named, names, some, position)
            return
    raise problem or ExamplesInvalid("the query was not sent")


def _named_batches(
    named: NamedSource, names: list[str], rows: Iterable[tuple[Any, ...]], position: dict[str, Any]
) -> Iterator[OutcomeBatch]:
    given, form, place = iter(rows), position.get("form"), names.index(named.source.at)
    some = list(islice(given, AT_ONCE))
    while True:
        for row in some:
            form = since.time_form(row[place]) if row[place] is not None and form != since.OTHER else form
        after = list(islice(given, AT_ONCE))
        known = {"form": form} if form else {}
        batch: list[RawRow] = [dict(zip(names, row, strict=True)) for row in some]
        yield OutcomeBatch(batch, position if after else known, not after)
        if not after:
            return
        some = after


def _topic_batches(backends: Backends, named: NamedSource, position: dict[str, Any]) -> Iterator[OutcomeBatch]:
    """Events of all partitions, up to where they end when this begins."""
    log, topic = backends.event_log, named.source.topic
    positions = {number: int(position.get(str(number), 0)) for number in range(log.partitions(topic))}
    with closing(log.reader(topic, positions)) as reader:
        for records in read_to_end(reader, positions, AT_ONCE, WAIT_SECONDS):
            yield OutcomeBatch([_event(record.event) for record in records], _as_json(positions), False)
    yield OutcomeBatch([], _as_json(positions), True)


def _as_json(positions: Mapping[int, int]) -> dict[str, Any]:
    return {str(number): position for number, position in positions.items()}


def _event(event: bytes) -> RawRow:
    try:
        found = msgspec.json.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return event.decode("utf-8", "replace")
    return found if isinstance(found, dict) else event.decode("utf-8", "replace")
