"""The cache of artifacts: which copies are removed, and incomplete copies."""

import os
import time

from argosy.store.artifact_cache import ABANDONED_SECONDS, YOUNG_SECONDS, ArtifactCache


def aged(path, content, seconds):
    path.write_bytes(content)
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
    return path


def test_what_is_on_its_way_stays_where_room_is_made(tmp_path):
    cache = ArtifactCache(tmp_path, 150)
    with cache.incoming() as sent, cache.incoming() as left, cache.incoming() as old, cache.incoming() as new:
        aged(sent, b"s" * 100, YOUNG_SECONDS + 10)  # written, and incomplete for longer than the age limit
        aged(left, b"l" * 100, ABANDONED_SECONDS + 10)  # of a process that was killed
        unused = cache.add("0" * 64, aged(old, b"o" * 100, YOUNG_SECONDS + 20))
        added = cache.add("1" * 64, aged(new, b"n" * 100, 0))
        assert [path.exists() for path in (sent, left, unused, added)] == [True, False, False, True]
