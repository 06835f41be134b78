"""Whether a stream can run: its topic, its first events, the cache."""

from __future__ import annotations

import secrets
from collections import Counter

import msgspec

from argosy.caching.cache import Cache
from argosy.definitions.service_features import StreamFeature
from argosy.errors import CacheUnavailable, EventLogUnavailable, TopicNotFound
from argosy.features.project_streams import ProjectStream
from argosy.features.stream_events import NO_KEY, NO_TIME, EventParser
from argosy.plurals import plural
from argosy.streaming.log import EventLog

MOST_EVENTS_READ = 200
READ_SECONDS = 2.0
PROBE_SECONDS = 5.0
MILLISECONDS_FROM = 1e11
"""A time that is larger was not written in seconds."""


class StreamFindings(msgspec.Struct, frozen=True):
    """Of a stream; `problems` keep it from being counted."""

    stream: str
    events_read: int
    fit: int
    """Of these, that count."""
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def check_stream(log: EventLog, cache: Cache, stream: ProjectStream) -> StreamFindings:
    """Looks at the first events of each partition, and writes a value to the cache."""
    problems, notes = list[str](), list[str]()
    events = list[bytes]()
    try:
        partitions = log.partitions(stream.feature.stream)
        events = _first_events(log, stream.feature.stream, partitions)
    except (EventLogUnavailable, TopicNotFound) as error:
        problems.append(str(error))
    else:
        if not events:
            notes.append(f"the topic '{stream.feature.stream}' has no event yet")
    fit, more_problems, more_notes = _judged(stream.feature, events)
    try:
        cache.write({("streams.check", secrets.token_hex(8)): b"1"}, seconds=PROBE_SECONDS)
    except CacheUnavailable as error:
        problems.append(str(error))
    return StreamFindings(stream.name, len(events), fit, (*problems, *more_problems), (*notes, *more_notes))


def _first_events(log: EventLog, topic: str, partitions: int) -> list[bytes]:
    found = list[bytes]()
    for number in range(partitions):
        reader = log.reader(topic, {number: 0})
        try:
            if reader.ends()[number]:
                found += [record.event for record in reader.read(MOST_EVENTS_READ, READ_SECONDS)]
        finally:
            reader.close()
    return found


def _judged(feature: StreamFeature, events: list[bytes]) -> tuple[int, list[str], list[str]]:
    """How many count, what is wrong, and what is worth a note."""
    parser = EventParser(feature)
    parsed = [parser.parse(event) for event in events]
    reasons = Counter(one for one in parsed if isinstance(one, str))
    excluded = sum(one is None for one in parsed)
    fit = len(parsed) - excluded - reasons.total()
    said = [
        f"{plural(count, 'event')} of the first {len(events)}: {reason}{_hint(feature, reason, events)}"
        for reason, count in reasons.most_common()
    ]
    notes = [f"`where` excludes all of the first {len(events)} events"] if events and excluded == len(events) else []
    return (fit, said, notes) if events and not fit and reasons else (fit, [], notes + said)


def _hint(feature: StreamFeature, reason: str, events: list[bytes]) -> str:
    if reason == NO_KEY:
        return f" in '{feature.key}'"
    if reason != NO_TIME:
        return ""
    for event in events:
        try:
            moment = msgspec.json.decode(event, type=dict).get(feature.at)
        except msgspec.MsgspecError:
            continue
        if isinstance(moment, int | float) and moment > MILLISECONDS_FROM:
            return f" in '{feature.at}': write seconds since 1970, not milliseconds, or ISO 8601"
    return f" in '{feature.at}': name another field with `at`"
