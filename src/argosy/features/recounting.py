"""Counting a stream anew, from the oldest event that its log keeps."""

from __future__ import annotations

import msgspec

from argosy.caching.cache import Cache, Key
from argosy.definitions.service_features import StreamFeature
from argosy.features.counting import PartitionProgress
from argosy.features.stream_values import decode_shares, progress_key, shares_key
from argosy.streaming.log import EventLog


def count_anew(log: EventLog, cache: Cache, feature: StreamFeature) -> None:
    """Put the stream back to its start, for whoever runs it; values that were counted before are no longer read.

    One write: a batch that a runner is just counting is refused after it. Raises CacheUnavailable, EventLogUnavailable,
    TopicNotFound.
    """
    partitions, place = log.partitions(feature.stream), shares_key(feature)
    while True:
        [stored] = cache.read([place])
        shares = decode_shares(stored).anew()
        start = msgspec.json.encode(PartitionProgress(shares.generation))
        values: dict[Key, bytes | None] = {progress_key(feature, number): start for number in range(partitions)}
        values[place] = msgspec.json.encode(shares)
        if cache.write({}, lasting=values, expected={place: stored}):
            return
