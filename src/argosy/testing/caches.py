"""What every `Cache` must do. Each of `CHECKS` takes a function that gives a handle on one cache, empty at first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from argosy.caching.cache import Cache, Key
from argosy.testing.waiting import until

Opened = Callable[[], Cache]


def values_come_back(opened: Opened) -> None:
    given = {
        ("users", "ana"): bytes(range(256)),
        ("users", "Ünal 日本: *?[x]\\"): b"1",
        ("users", ""): b"",
        ("cards", "ana"): b"9",
    }
    assert opened().write(given)
    cache = opened()
    assert cache.read(list(given)) == list(given.values())
    assert cache.read([("users", "nobody"), ("users", "ana"), ("cards", "nobody"), ("users", "ana")]) == [
        None, given["users", "ana"], None, given["users", "ana"],
    ]  # fmt: skip
    assert cache.read([]) == []


def an_event_loop_reads_the_same(opened: Opened) -> None:
    cache = opened()
    cache.write({("users", "ana"): b"1"})

    async def read() -> list[list[bytes | None]]:
        asked: tuple[list[Key], ...] = ([("users", "ana")], [("users", "none"), ("users", "ana")], [])
        return await asyncio.gather(*(cache.read_async(keys) for keys in asked))

    assert asyncio.run(read()) == [[b"1"], [None, b"1"], []]
    assert asyncio.run(read()) == [[b"1"], [None, b"1"], []]


def a_later_value_takes_the_place_of_an_earlier_one(opened: Opened) -> None:
    cache = opened()
    cache.write({("users", "ana"): b"1", ("users", "bo"): b"2"})
    cache.write({("users", "ana"): b"3", ("users", "bo"): None, ("users", "never"): None})
    assert cache.read([("users", "ana"), ("users", "bo"), ("users", "never")]) == [b"3", None, None]


def what_was_not_expected_writes_nothing(opened: Opened) -> None:
    cache, ana, at = opened(), ("users", "ana"), ("positions", "0")
    assert cache.write({ana: b"1", at: b"10"}, expected={at: None})
    assert not cache.write({ana: b"2", at: b"20"}, expected={at: None})
    assert not cache.write({ana: b"2", at: b"20"}, expected={at: b"11"})
    assert not cache.write({ana: None, at: b"20"}, expected={at: b"10", ana: b""})
    assert not cache.write({ana: None}, expected={at: b"10", ("users", "none"): b""})
    assert cache.read([ana, at]) == [b"1", b"10"]
    assert cache.write({ana: b"2", at: b"20"}, expected={at: b"10", ana: b"1", ("users", "none"): None})
    assert cache.read([ana, at]) == [b"2", b"20"]


def of_many_that_expect_the_same_one_writes(opened: Opened) -> None:
    place, rounds, threads = ("positions", "0"), 25, 4
    won: list[int] = []

    def count() -> None:
        cache = opened()
        for _ in range(rounds):
            while True:
                [found] = cache.read([place])
                following = int(found or b"0") + 1
                if cache.write({place: b"%d" % following}, expected={place: found}):
                    won.append(following)
                    break

    running = [threading.Thread(target=count) for _ in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert sorted(won) == list(range(1, rounds * threads + 1))
    assert opened().read([place]) == [b"%d" % (rounds * threads)]


def what_was_to_live_for_a_time_goes(opened: Opened) -> None:
    cache, short, long, ever = opened(), ("users", "short"), ("users", "long"), ("users", "ever")
    cache.write({short: b"1"}, seconds=0.2)
    cache.write({long: b"2"}, seconds=3600)
    cache.write({ever: b"3"})
    until(lambda: cache.read([short]) == [None], "a value's end")
    assert cache.read([short, long, ever]) == [None, b"2", b"3"]
    assert cache.write({short: b"4"}, expected={short: None})
    assert opened().read([short, long, ever]) == [b"4", b"2", b"3"]


def a_value_that_is_written_again_lives_as_long_as_the_last_said(opened: Opened) -> None:
    cache, one, other = opened(), ("users", "one"), ("users", "other")
    cache.write({one: b"1", other: b"1"}, seconds=0.2)
    cache.write({one: b"2"})
    until(lambda: cache.read([other]) == [None], "a value's end")
    assert cache.read([one]) == [b"2"]


def what_is_written_to_last_lives_without_end(opened: Opened) -> None:
    cache, short, at = opened(), ("users", "short"), ("positions", "0")
    assert cache.write({short: b"1"}, seconds=0.2, lasting={at: b"10"}, expected={at: None})
    assert not cache.write({short: b"2"}, lasting={at: b"20"}, expected={at: None})
    until(lambda: cache.read([short]) == [None], "a value's end")
    assert opened().read([at]) == [b"10"]
    assert cache.write({}, seconds=0.2, lasting={at: None})
    assert cache.read([at]) == [None]


def a_cleared_space_is_empty_and_no_other_is(opened: Opened) -> None:
    cache = opened()
    cache.write({("users", str(number)): b"x" for number in range(2500)})
    cache.write({("users2", "1"): b"a", ("user", "s:1"): b"b", ("u*", "1"): b"c"})
    cache.clear("u*")
    assert cache.read([("users", "7"), ("u*", "1")]) == [b"x", None]
    cache.clear("users")
    assert cache.read([("users", str(number)) for number in range(2500)]) == [None] * 2500
    assert cache.read([("users2", "1"), ("user", "s:1")]) == [b"a", b"b"]


def many_keys_are_one_write(opened: Opened) -> None:
    cache, values = opened(), {("users", f"user {number}"): b"%d" % number for number in range(20_000)}
    assert cache.write(values)
    assert cache.read(list(values)) == list(values.values())


CHECKS: Final = (
    values_come_back,
    an_event_loop_reads_the_same,
    a_later_value_takes_the_place_of_an_earlier_one,
    what_was_not_expected_writes_nothing,
    of_many_that_expect_the_same_one_writes,
    what_was_to_live_for_a_time_goes,
    a_value_that_is_written_again_lives_as_long_as_the_last_said,
    what_is_written_to_last_lives_without_end,
    a_cleared_space_is_empty_and_no_other_is,
    many_keys_are_one_write,
)
