"""Which events of a partition count, in the order in which it has them. Pure.

The watermark of a partition is its newest event's moment less the stream's lateness. What comes with an older moment is
late: it is counted as such and not added. What is further ahead of the clock than the lateness is set aside in the same
way, and does not move the watermark: a producer whose clock is wrong makes nobody else late.
"""

from __future__ import annotations

import msgspec

from argosy.definitions.service_features import StreamFeature
from argosy.features.stream_events import EventParser, StreamEvent
from argosy.streaming.log import Record


class PartitionProgress(msgspec.Struct):
    """Up to where a partition was read, and what became of its events."""

    generation: int = 0
    """Of the stream, when they were counted."""
    position: int = 0
    """Where a reader goes on."""
    newest: float | None = None
    """The latest moment of those that count."""
    counted: int = 0
    passed: int = 0
    """That `where` excludes."""
    late: int = 0
    ahead: int = 0
    """Further ahead of the clock than the lateness."""
    poison: dict[str, int] = {}
    """By the reason."""
    written_at: float = 0.0

    @property
    def events(self) -> int:
        """That were read."""
        return self.counted + self.passed + self.late + self.ahead + sum(self.poison.values())

    def copied(self) -> PartitionProgress:
        return msgspec.structs.replace(self, poison=dict(self.poison))


class EventCounter:
    """Of one definition."""

    def __init__(self, feature: StreamFeature) -> None:
        self._parser, self._lateness = EventParser(feature), feature.lateness

    def admit(self, progress: PartitionProgress, record: Record, now: float) -> StreamEvent | None:
        """Move the progress behind the record; the event, if it counts.

        The clock is that of the log, where it keeps it, so that events are judged alike when they are read again.
        """
        progress.position = record.following
        event = self._parser.parse(record.event)
        if event is None:
            progress.passed += 1
            return None
        if isinstance(event, str):
            progress.poison[event] = progress.poison.get(event, 0) + 1
            return None
        at, newest = event.at, progress.newest
        if newest is None or at > newest:
            appended_at = record.appended_at
            clock = now if appended_at is None or appended_at > now else appended_at
            if at > clock + self._lateness:
                progress.ahead += 1
                return None
            progress.newest = at
        elif at < newest - self._lateness:
            progress.late += 1
            return None
        progress.counted += 1
        return event
