"""What every `EventLog` must do. Each of `CHECKS` takes a function that gives a handle on one log, empty at first."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from argosy.errors import TopicNotFound
from argosy.streaming.log import MOST_BYTES, EventLog, Record
from argosy.testing.expecting import raised
from argosy.testing.waiting import until

Opened = Callable[[], EventLog]
ALL: Final = {0: 0, 1: 0, 2: 0}


def _event(number: int, **more: object) -> bytes:
    return json.dumps({"number": number, **more}).encode()


def _numbers(records: Iterable[Record]) -> list[int]:
    return [json.loads(record.event)["number"] for record in records]


def _gathered(log: EventLog, topic: str, count: int, positions: Mapping[int, int] = ALL) -> list[Record]:
    """That many records, and no more for a moment."""
    reader, found = log.reader(topic, positions), list[Record]()

    def is_there() -> bool:
        found.extend(reader.read(1000, 0.1))
        return len(found) >= count

    try:
        until(is_there, f"{count} events")
        found += reader.read(1000, 0.1)
    finally:
        reader.close()
    assert len(found) == count, f"{len(found)} events where there are {count}"
    return found


def _filled(opened: Opened, count: int, keys: int = 7) -> EventLog:
    log = opened()
    log.create("clicks", 3)
    log.append("clicks", [(f"user {number % keys}", _event(number)) for number in range(count)])
    return log


def events_come_back_by_key_in_order(opened: Opened) -> None:
    _filled(opened, 500)
    found = _gathered(opened(), "clicks", 500)
    assert sorted(_numbers(found)) == list(range(500))
    partition_of: dict[int, int] = {}
    for key in range(7):
        own = [record for record in found if json.loads(record.event)["number"] % 7 == key]
        assert _numbers(own) == list(range(key, 500, 7)), "a key's events are out of order"
        partition_of[key] = own[0].partition
        assert {record.partition for record in own} == {partition_of[key]}, "a key is in two partitions"
    assert len(set(partition_of.values())) > 1


def a_reader_goes_on_behind_any_record(opened: Opened) -> None:
    log = _filled(opened, 200)
    first = _gathered(log, "clicks", 200)
    by_partition = defaultdict(list)
    for record in first:
        by_partition[record.partition].append(record)
    for partition, own in by_partition.items():
        assert [one.following for one in own[:-1]] == [one.offset for one in own[1:]]
        for seen in (0, 1, len(own) // 2, len(own) - 1):
            again = _gathered(opened(), "clicks", len(own) - seen, {partition: own[seen].offset})
            assert [(one.offset, one.event) for one in again] == [(one.offset, one.event) for one in own[seen:]]
    ends = {number: by_partition[number][-1].following if by_partition[number] else 0 for number in range(3)}
    log.append("clicks", [("user 3", _event(200))])
    reader = opened().reader("clicks", ends)
    assert _numbers(until(lambda: reader.read(1000, 0.1), "the last event")) == [200]
    [grown] = [number for number, end in reader.ends().items() if end > ends[number]]
    assert grown == next(one.partition for one in first if _numbers([one]) == [3])
    reader.close()


def reading_is_no_one_s_affair(opened: Opened) -> None:
    log = _filled(opened, 30)
    assert _numbers(_gathered(log, "clicks", 30)) == _numbers(_gathered(log, "clicks", 30))


def a_reader_waits_for_what_comes(opened: Opened) -> None:
    log = _filled(opened, 0)
    reader = opened().reader("clicks", ALL)
    assert reader.read(10, 0.05) == []
    writing = threading.Thread(target=log.append, args=("clicks", [("user 1", _event(1))]))
    writing.start()
    found = until(lambda: reader.read(10, 0.05), "the event")
    writing.join()
    reader.close()
    assert _numbers(found) == [1]


def many_may_append_at_once(opened: Opened) -> None:
    _filled(opened, 0)

    def append(own: int) -> None:
        log = opened()
        for number in range(20):
            log.append("clicks", [(f"user {own}", _event(100 * own + number + part, own=own)) for part in (0, 1000)])

    writing = [threading.Thread(target=append, args=(own,)) for own in range(4)]
    for one in writing:
        one.start()
    for one in writing:
        one.join()
    found = _gathered(opened(), "clicks", 160)
    for own in range(4):
        mine = _numbers(one for one in found if json.loads(one.event)["own"] == own)
        assert mine == [100 * own + number + part for number in range(20) for part in (0, 1000)]


def topics_are_made_once_and_only_by_create(opened: Opened) -> None:
    log = opened()
    for ask in (
        log.partitions,
        lambda topic: log.append(topic, [("", b"{}")]),
        lambda topic: log.reader(topic, {0: 0}),
    ):
        raised(TopicNotFound, ask, "never")
    log.create("clicks", 3)
    log.append("clicks", [("", _event(1))])
    log.create("clicks", 5)
    assert opened().partitions("clicks") == 3
    assert _numbers(_gathered(log, "clicks", 1)) == [1]
    raised(TopicNotFound, log.reader, "clicks", {3: 0})
    log.create("views", 1)
    assert log.partitions("views") == 1
    assert _numbers(_gathered(log, "clicks", 1)) == [1]


def events_may_be_anything_on_one_line(opened: Opened) -> None:
    log = opened()
    log.create("clicks", 1)
    given = [b'{"a": "\xc3\xbc \xe2\x80\xa8"}', b"no JSON", b"\xff\x00", b"x" * MOST_BYTES]
    log.append("clicks", [("", one) for one in given])
    assert [one.event for one in _gathered(opened(), "clicks", 4, {0: 0})] == given
    for refused in (b"a\nb", b"a\rb", b"x" * (MOST_BYTES + 1)):
        raised(ValueError, log.append, "clicks", [("", refused)])
    assert len(_gathered(log, "clicks", 4, {0: 0})) == 4


CHECKS: Final = (
    events_come_back_by_key_in_order,
    a_reader_goes_on_behind_any_record,
    reading_is_no_one_s_affair,
    a_reader_waits_for_what_comes,
    many_may_append_at_once,
    topics_are_made_once_and_only_by_create,
    events_may_be_anything_on_one_line,
)
