"""How far streams were counted, what became of their events, and who runs them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from argosy.caching.cache import Cache
from argosy.definitions.service_features import StreamFeature
from argosy.features.counting import PartitionProgress
from argosy.features.progress import StreamShares
from argosy.features.project_streams import ProjectStream
from argosy.features.stream_runner import events_behind
from argosy.features.stream_values import decode_progress, decode_shares, progress_key, shares_key
from argosy.streaming.log import EventLog


class PartitionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Of one partition of a stream."""

    stream: str
    topic: str
    partition: int
    position: int
    behind: int
    """Its end, less the position: as the log counts offsets, bytes in a folder and events in Kafka."""
    age: float | None
    """Seconds since the moment up to which all of its events are counted, None where none ever was."""
    events: int
    counted: int
    passed: int
    late: int
    ahead: int
    poison: dict[str, int]
    runner: str
    """Empty where nobody runs it."""


def status_of_streams(
    log: EventLog, cache: Cache, streams: Sequence[ProjectStream], now: float
) -> list[PartitionStatus]:
    """Of every partition. Raises EventLogUnavailable, CacheUnavailable, TopicNotFound."""
    found = []
    for stream in streams:
        feature = stream.feature
        shares, progress = stored_progress(log, cache, feature)
        positions = {number: one.position for number, one in enumerate(progress)}
        behind = events_behind(log, feature.stream, positions)
        found += [
            PartitionStatus(
                stream=stream.name,
                topic=feature.stream,
                partition=number,
                position=one.position,
                behind=behind[number],
                age=max(0.0, now - shares.known[number]) if number in shares.known else None,
                events=one.events,
                counted=one.counted,
                passed=one.passed,
                late=one.late,
                ahead=one.ahead,
                poison=one.poison,
                runner=shares.holder(number, now),
            )
            for number, one in enumerate(progress)
        ]
    return found


def stored_progress(
    log: EventLog, cache: Cache, feature: StreamFeature
) -> tuple[StreamShares, list[PartitionProgress]]:
    """What the cache says of a stream, and of each of its partitions."""
    places = [progress_key(feature, number) for number in range(log.partitions(feature.stream))]
    first, *stored = cache.read([shares_key(feature), *places])
    shares = decode_shares(first)
    return shares, [decode_progress(one, shares.generation) for one in stored]
