"""Tables of features: a version is read whole or not at all, whatever happens to those who put it."""

import contextlib
import itertools

import pytest

from argosy.caching.caches.memory import MemoryCache
from argosy.errors import CacheUnavailable, FeaturesInvalid
from argosy.features import tables as module
from argosy.features.rows import FeatureRow
from argosy.features.tables import Tables
from argosy.testing.expecting import raised


@pytest.fixture
def cache():
    return MemoryCache()


@pytest.fixture
def tables(cache, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 3)
    return Tables(cache)


def rows(values, first=1):
    return [FeatureRow(number, "line", key, (value,)) for number, (key, value) in enumerate(values.items(), first)]


def put(tables, values, **more):
    return tables.put("users", "user", ("age",), rows(values), "users.csv", **more)


def held(cache):
    """The spaces with rows in them."""
    return {space for space, _ in cache._values if space.startswith("table.")}


def test_a_version_takes_the_place_of_another(tables, cache):
    put(tables, {f"user {number}": number for number in range(10)})
    assert tables.row("users", "user 7") == {"age": 7}
    table = put(tables, {"ana": 1, "bo": None})
    assert (table.rows, table.columns, table.key, table.source) == (2, ("age",), "user", "users.csv")
    assert [tables.row("users", key) for key in ("ana", "bo", "user 7")] == [{"age": 1}, {"age": None}, None]
    for number in range(5):
        put(tables, {"ana": number})
    assert len(held(cache)) == 2, "only the version before is kept"


def test_a_reader_who_looked_the_catalogue_up_before_a_swap_still_finds_its_rows(tables, cache):
    before = put(tables, {"ana": 1})
    put(tables, {"ana": 2})
    assert cache.read([(f"table.users.{before.version}", "ana")]) == [b"[1]"]


def test_a_table_knows_what_is_in_its_columns(tables):
    columns = ("number", "text", "boolean", "several", "missing")
    values = [(1, "a", True, 1, None), (None, None, None, "b", None), (0.5, "", False, 2, None)]
    some = [FeatureRow(number, "line", str(number), one) for number, one in enumerate(values)]
    assert tables.put("users", "user", columns, some, "users.csv").kinds == ("number", "text", "boolean", "any", "any")


def test_what_cannot_be_read_to_its_end_leaves_the_table_as_it_was(tables, cache):
    put(tables, {"ana": 1})

    def broken():
        yield from rows({f"user {number}": number for number in range(7)})
        raise FeaturesInvalid("line 8: no")

    raised(FeaturesInvalid, tables.put, "users", "user", ("age",), broken(), "users.csv")
    assert tables.row("users", "ana") == {"age": 1}
    assert tables.row("users", "user 3") is None
    assert len(held(cache)) == 1


def test_two_rows_of_one_key_are_refused_with_their_lines(tables, cache):
    twice = [*rows({"ana": 1, "bo": 2, "cy": 3, "di": 4}), FeatureRow(9, "line", "bo", (5,))]
    said = str(raised(FeaturesInvalid, tables.put, "users", "user", ("age",), twice, "users.csv"))
    assert said == "users.csv: line 9: its key is that of line 2: keep one row a key"
    assert held(cache) == set()
    raised(FeaturesInvalid, tables.row, "users", "ana")


def test_of_two_who_put_at_once_the_later_is_told(tables, cache):
    put(tables, {"ana": 1})

    def slow():
        yield from rows({"ana": 2})
        put(tables, {"ana": 3})

    said = str(raised(FeaturesInvalid, tables.put, "users", "user", ("age",), slow(), "users.csv"))
    assert said.startswith("the table 'users' was put by somebody else meanwhile")
    assert tables.row("users", "ana") == {"age": 3}
    assert len(held(cache)) == 2


def test_what_a_killed_upload_left_is_removed_by_a_later_one(tables, cache, monkeypatch):
    class Killed(BaseException):
        pass

    def until_killed():
        yield from rows({"ana": 1, "bo": 2, "cy": 3})
        monkeypatch.setattr(cache, "clear", lambda space: None)
        monkeypatch.setattr(cache, "write", None)
        raise Killed

    with pytest.raises((Killed, TypeError)):
        tables.put("users", "user", ("age",), until_killed(), "users.csv")
    monkeypatch.undo()
    assert len(held(cache)) == 1
    put(tables, {"ana": 2})
    assert len(held(cache)) == 2, "it may still be at it"
    monkeypatch.setattr(module, "ABANDONED_SECONDS", -1.0)
    raised(FeaturesInvalid, put, tables, {"ana": 3})
    assert len(held(cache)) == 1
    assert tables.row("users", "ana") == {"age": 2}


def test_versions_that_a_killed_process_did_not_clear_are_cleared_by_the_next(tables, cache, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(_space):
        raise Killed

    for value in range(2):
        put(tables, {"ana": value})
    monkeypatch.setattr(cache, "clear", killed)
    with pytest.raises(Killed):
        put(tables, {"ana": 2})
    monkeypatch.undo()
    assert len(held(cache)) == 3
    assert tables.row("users", "ana") == {"age": 2}
    put(tables, {"ana": 3})
    assert len(held(cache)) == 2
    monkeypatch.setattr(cache, "clear", killed)
    with pytest.raises(Killed):
        tables.remove("users")
    monkeypatch.undo()
    assert tables.found() == {}
    put(tables, {"ana": 4})
    assert len(held(cache)) == 1


@pytest.mark.parametrize("lost", range(5))
def test_a_version_whose_swap_was_not_answered_is_whole_or_not_there(tables, cache, monkeypatch, lost):
    """Each write of an upload is done, and its answer lost, in turn."""
    put(tables, {"ana": 1})
    numbers, write = itertools.count(), cache.write

    def unanswered(values, **more):
        done = write(values, **more)
        if next(numbers) == lost:
            raise CacheUnavailable("its answer did not arrive")
        return done

    monkeypatch.setattr(cache, "write", unanswered)
    with contextlib.suppress(CacheUnavailable):
        put(tables, {"ana": 2, "bo": 2, "cy": 2, "di": 2})
    found = tables.rows("users", ["ana", "bo", "di"])
    assert found in ([{"age": 1}, None, None], [{"age": 2}] * 3)
    put(tables, {"ana": 3})
    assert len(held(cache)) == 2


def test_rows_live_as_long_as_was_said(tables):
    table = put(tables, {"ana": 1}, seconds=3600)
    assert table.ends_at == table.put_at + 3600
    assert tables.row("users", "ana") == {"age": 1}


def test_a_removed_table_is_gone_with_its_rows(tables, cache):
    for value in range(2):
        put(tables, {"ana": value})
    tables.put("cards", "card", ("limit",), rows({"1": 9}), "cards.csv")
    tables.remove("users")
    assert len(held(cache)) == 1
    for ask in (lambda: tables.row("users", "ana"), lambda: tables.remove("users")):
        assert str(raised(FeaturesInvalid, ask)) == "no table of features is called 'users'; there are: cards"


def test_every_interleaving_of_two_swaps_shows_whole_versions(cache):
    """A reader between any two writes of the cache sees three rows of one version."""
    seen, real = [], cache.write

    def write(values, **more):
        done = real(values, **more)
        found = Tables(cache).found()
        if "users" in found:
            seen.append({Tables(cache).row("users", key)["age"] for key in "abc"})
        return done

    cache.write = write
    for value in range(4):
        put(Tables(cache), dict.fromkeys("abc", value))
    assert all(len(ages) == 1 for ages in seen)
    assert [next(iter(group)) for group, _ in itertools.groupby(seen)] == [0, 1, 2, 3]
