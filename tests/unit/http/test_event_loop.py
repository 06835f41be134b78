"""Servers run on uvloop if it is installed, else on asyncio's own loop."""

import asyncio
import sys

import pytest

from argosy.http.event_loop import new_event_loop


def test_uvloop_where_it_is_installed():
    uvloop = pytest.importorskip("uvloop", reason="there is no wheel of uvloop for this platform")
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, uvloop.Loop)


def test_asyncio_elsewhere(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)  # as if it were not installed
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, asyncio.SelectorEventLoop)
