"""Addresses of a Redis: what is none is refused, and no message says a password."""

import asyncio

import pytest

pytest.importorskip("redis")

from argosy.caching.caches.redis import RedisCache
from argosy.errors import CacheUnavailable, DefinitionInvalid
from argosy.testing.expecting import raised
from servers.rabbitmq import free_ports


@pytest.mark.parametrize(
    "url",
    [
        "redis://ana:s3cret@here:port/0",
        "redis://ana:s3cret@here:6379/first",
        "redis://ana:s3cret@[here/0",
        "redis://ana:s3cret@here/0?prefix=With Spaces",
        "redis://ana:s3cret@here/0?prefix=",
        "http://ana:s3cret@here/",
    ],
)
def test_what_is_no_address_is_refused(url):
    said = str(raised(DefinitionInvalid, RedisCache, url))
    assert said.startswith("cache: ")
    assert "s3cret" not in said


def test_a_server_that_is_not_there_is_named_without_its_password():
    [port] = free_ports(1)
    cache = RedisCache(f"redis://ana:s3cret@127.0.0.1:{port}/3?prefix=tickets")
    assert cache.url == f"redis://127.0.0.1:{port}/3"
    key = ("users", "ana")
    calls = (
        lambda: cache.read([key]),
        lambda: asyncio.run(cache.read_async([key])),
        lambda: cache.write({key: b"1"}),
        lambda: cache.clear("users"),
    )
    for call in calls:
        said = str(raised(CacheUnavailable, call))
        assert said.startswith(f"redis://127.0.0.1:{port}/3: ConnectionError: ")
        assert "s3cret" not in said
    cache.close()
