"""What one connection may send, and how long it may take over it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class ConnectionLimits:
    connections: int = 1000
    """At once; one more receives 503."""
    seconds: float = 30.0
    """For one request, from its first byte to its answer; as long again to read the answer."""
    grace_seconds: float = 1.0
    """For the application, which holds itself to `seconds`, to say so in an answer of its own."""
    keep_alive_seconds: float = 75.0
    """Between two requests."""
    yield_seconds: float = 5.0
    """Idle for so long, a connection makes room where another comes and there is none left."""
    linger_seconds: float = 1.0
    """From the last byte of the last answer until the connection is closed: at once could reset it unread."""
    linger_bytes: int = 1_048_576
    """Received and thrown away meanwhile; after more the connection is reset."""
    shutdown_seconds: float = 20.0
    """For the requests under way when the server is stopped."""
    head_bytes: int = 16_384
    """Request line and header fields."""
    fields: int = 100
    """Header fields."""
    framing_bytes: int = 16_384
    """Chunk sizes, chunk extensions and trailers of one body, above as many bytes as the body itself has."""
    buffer_bytes: int = 65_536
    """Received and not yet taken by the application; also written and not yet taken by the client, before the
    application has to wait."""


class ConnectionState(IntEnum):
    """Where a connection is. Every state has a deadline; none is left because bytes arrive that are no progress."""

    OPENED = 0
    """Nothing of a first request has come."""
    IDLE = 1
    """Nothing of the next request has come; empty lines are nothing."""
    READING = 2
    """A request's head has begun."""
    ANSWERING = 3
    """The application has the request, whose body may still arrive, and has not begun to answer."""
    WRITING = 4
    """An answer has begun, or is complete and not yet read: no other request is begun meanwhile."""
    DISCARDING = 5
    """The answer is complete; the rest of a body that nobody wants is read and thrown away."""
    CLOSING = 6
    """Nothing more is answered; what still arrives is thrown away."""


def seconds_in_states(limits: ConnectionLimits) -> tuple[float, ...]:
    """How long a connection may stay in each state. READING and ANSWERING count from the request's first byte."""
    seconds = {
        ConnectionState.OPENED: limits.seconds,
        ConnectionState.IDLE: limits.keep_alive_seconds,
        ConnectionState.READING: limits.seconds,
        ConnectionState.ANSWERING: limits.seconds + limits.grace_seconds,
        ConnectionState.WRITING: limits.seconds,
        ConnectionState.DISCARDING: limits.seconds,
        ConnectionState.CLOSING: limits.linger_seconds,
    }
    return tuple(seconds[state] for state in ConnectionState)
