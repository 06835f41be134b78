"""Every cache against its contract."""

import pytest

from argosy.caching.caches.memory import MemoryCache
from argosy.caching.caches.sql import SqlCache
from argosy.testing.caches import CHECKS

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@every_check
def test_memory(check):
    cache = MemoryCache()
    check(lambda: cache)


@every_check
def test_sql(check, open_database):
    check(lambda: SqlCache(open_database()))


@every_check
def test_redis(check, redis_url):
    from argosy.caching.caches.redis import RedisCache

    opened = []

    def another():
        opened.append(RedisCache(redis_url))
        return opened[-1]

    try:
        check(another)
    finally:
        for cache in opened:
            cache.close()
