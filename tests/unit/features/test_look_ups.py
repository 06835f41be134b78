"""Look-ups of several moments at once, while a table is put again."""

import asyncio

from argosy.caching.caches.memory import MemoryCache
from argosy.definitions.service_features import TableFeature
from argosy.features.look_ups import LookUps
from argosy.features.rows import FeatureRow
from argosy.features.tables import Tables

FEATURE = TableFeature(name="history", key="user", table="users", columns={"age": "age", "city": "city"})


class SlowCache(MemoryCache):
    """Answers a read only once it is let go on, with what there is then."""

    is_immediate = False

    def __init__(self):
        super().__init__()
        self.waiting = []

    async def read_async(self, keys):
        gate = asyncio.Event()
        self.waiting.append(gate)
        await gate.wait()
        return self.read(keys)


def put(cache, columns, *values):
    Tables(cache).put("users", "user", columns, [FeatureRow(1, "row", "ana", values)], "a test")


def test_a_row_is_read_by_the_columns_of_its_own_version():
    """One look-up learns of the new version while another, planned by the old one, is still being read."""

    async def both():
        cache = SlowCache()
        look_ups = LookUps(cache)
        put(cache, ("age", "city"), 1, "Bern")

        async def to_the_end(task):
            while not task.done():
                for gate in cache.waiting:
                    gate.set()
                await asyncio.sleep(0)
            return task.result()

        def find():
            return asyncio.create_task(look_ups.find([(FEATURE, "ana")], 0.0))

        await to_the_end(find())
        slow = find()
        await asyncio.sleep(0)
        [gate] = [one for one in cache.waiting if not one.is_set()]
        put(cache, ("city", "age"), "Rome", 2)
        cache.waiting.remove(gate)
        quick = await to_the_end(find())
        cache.waiting.append(gate)
        return quick, await to_the_end(slow)

    for [found] in asyncio.run(both()):
        assert found.values == {"age": 2, "city": "Rome"}


class CountingCache(MemoryCache):
    def __init__(self):
        super().__init__()
        self.reads = 0

    def read(self, keys):
        self.reads += 1
        return super().read(keys)


def test_only_a_swap_costs_a_second_read():
    cache = CountingCache()
    look_ups = LookUps(cache)
    put(cache, ("age", "city"), 1, "Bern")

    def found():
        cache.reads = 0
        [one] = asyncio.run(look_ups.find([(FEATURE, "ana")], 0.0))
        return one.values["age"], cache.reads

    def rows():
        assert found() == (1, 1), "an upload has begun"
        yield FeatureRow(1, "row", "ana", (2, "Rome"))
        assert found() == (1, 1)

    assert [found(), found()] == [(1, 2), (1, 1)]
    Tables(cache).put("users", "user", ("age", "city"), rows(), "a test")
    assert [found(), found()] == [(2, 2), (2, 1)]
