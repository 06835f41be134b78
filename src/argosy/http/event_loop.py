"""The event loop of servers: uvloop's where it is installed, which takes less time per request."""

from __future__ import annotations

import asyncio


def new_event_loop() -> asyncio.AbstractEventLoop:
    """For `asyncio.Runner`. Where there is no wheel of uvloop (Windows, some processors), asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
