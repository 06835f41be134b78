"""Reading a topic to its end ends: while others append, and where offsets before the end have no event."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from types import SimpleNamespace

import pytest

from argosy.errors import EventLogUnavailable
from argosy.streaming import log as module
from argosy.streaming.log import Record, read_to_end
from argosy.streaming.logs.folder import FolderLog
from argosy.testing.expecting import raised


class Busy:
    """A reader of a topic to which others append before each read."""

    def __init__(self, log, reader):
        self._log, self._reader, self._numbers = log, reader, count(1000)

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def read(self, most, wait_seconds):
        append(self._log, next(self._numbers), next(self._numbers))
        return self._reader.read(most, wait_seconds)


class Sparse:
    """A reader whose last offsets have no event."""

    def __init__(self, *ends):
        self._records = [[Record(0, 0, 1, b"{}", None)]]
        self._ends = list(ends)

    def read(self, _most, _wait_seconds):
        return self._records.pop() if self._records else []

    def ends(self):
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def log(tmp_path):
    log = FolderLog(f"file:{tmp_path}/events")
    log.create("clicks", 2)
    return log


def append(log, *numbers):
    log.append("clicks", [(str(number), b"%d" % number) for number in numbers])


def read(reader, positions, most=3):
    return sorted(int(record.event) for some in read_to_end(reader, positions, most, 0.1) for record in some)


def test_all_events_that_are_there_are_read_and_it_ends_although_others_append(log, monkeypatch):
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=count().__next__))
    append(log, *range(20))
    positions = {0: 0, 1: 0}
    with closing(log.reader("clicks", positions)) as reader:
        found = read(Busy(log, reader), positions)
    assert found[:20] == list(range(20))
    with closing(log.reader("clicks", positions)) as reader:
        found += read(reader, positions)
        assert positions == reader.ends()
    assert sorted(found) == [*range(20), *range(1000, 1000 + len(found) - 20)], "each of them once"


def test_a_file_that_is_shorter_than_the_position_is_read_from_its_start(log):
    append(log, *range(20))
    with closing(log.reader("clicks", {0: 0, 1: 0})) as reader:
        positions = dict(reader.ends())
    for file in (log.folder / "clicks").glob("*.jsonl"):
        file.write_bytes(b"7\n")
    with closing(log.reader("clicks", positions)) as reader:
        assert read(reader, positions) == [7, 7]
    assert positions == {0: 2, 1: 2}


def test_an_end_with_no_event_before_it_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
    positions = {0: 0}
    assert [len(some) for some in read_to_end(Sparse({0: 3}, {0: 3}), positions, 10, 0.0)] == [1]
    assert positions == {0: 1}


def test_a_log_that_went_away_is_no_end(monkeypatch):
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
    found = read_to_end(Sparse({0: 3}, EventLogUnavailable("it is away")), {0: 0}, 10, 0.0)
    assert len(next(found)) == 1
    raised(EventLogUnavailable, next, found)
