"""Where a trend's rows go: a file of JSON lines, or a topic of the log."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from argosy.errors import FeaturesInvalid, TopicNotFound
from argosy.features.trending import TrendRow
from argosy.streaming.log import EventLog, read_to_end

READ_SECONDS: Final = 0.25
MOST_ROWS: Final = 10_000
"""Of one read."""


class RowSink(Protocol):
    """Takes rows window by window, oldest first."""

    def put(self, rows: Sequence[TrendRow]) -> None:
        """Again after an outage, if they were not put. Raises Outage."""

    def close(self) -> None: ...


class RowFile:
    """A file, made anew; a window's rows are in it when they have been put."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise FeaturesInvalid(f"{path} cannot be written: {error.strerror}") from None

    def put(self, rows: Sequence[TrendRow]) -> None:
        self._file.writelines(encode_row(row) + b"\n" for row in rows)
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class RowTopic:
    """A topic, made if it is not there. Rows that it has already are not put again, whoever put them."""

    def __init__(self, log: EventLog, topic: str, trend: str) -> None:
        self._log, self._topic, self._trend = log, topic, trend
        self._last: tuple[str, int] | None = None
        """The window's end and the rank of the last row; None: not known."""

    def put(self, rows: Sequence[TrendRow]) -> None:
        last = self._last if self._last is not None else self._found()
        new = [row for row in rows if row_place(row) > last]
        self._last = None
        if new:
            self._log.append(self._topic, [(self._trend, encode_row(row)) for row in new])
            last = row_place(new[-1])
        self._last = last

    def close(self) -> None:
        """The log is closed by who opened it."""

    def _found(self) -> tuple[str, int]:
        """Rows of one trend have one key, and so are in one partition, in their order."""
        try:
            partitions = self._log.partitions(self._topic)
        except TopicNotFound:
            self._log.create(self._topic, 1)
            return "", 0
        positions = dict.fromkeys(range(partitions), 0)
        last = ("", 0)
        with closing(self._log.reader(self._topic, positions)) as reader:
            for records in read_to_end(reader, positions, MOST_ROWS, READ_SECONDS):
                last = max(last, *[self._place(record.event) for record in records])
        return last

    def _place(self, event: bytes) -> tuple[str, int]:
        try:
            row = msgspec.json.decode(event, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError):
            return "", 0
        is_own = row.get("trend") == self._trend and isinstance(row.get("at"), str) and isinstance(row.get("rank"), int)
        return row_place(row) if is_own else ("", 0)


def encode_row(row: TrendRow) -> bytes:
    """As one line of JSON."""
    return msgspec.json.encode(row)


def row_place(row: TrendRow) -> tuple[str, int]:
    """The order of rows: the window's end, then the rank."""
    return row["at"], row["rank"]
