"""Gauges of what the database has, read by a thread every few seconds: a scrape costs no query.

A database that is away changes nothing: what was read before stays, with the time that it is of.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from prometheus_client.registry import Collector

from argosy.errors import ArgosyError

if TYPE_CHECKING:
    from argosy.database import Database

POLL_SECONDS: Final = 5.0


class PolledGauges(Collector):
    """`collect` belongs to who scrapes; it gives what `read` has left."""

    def __init__(self, database: Database, poll_seconds: float = POLL_SECONDS) -> None:
        self._database, self._poll_seconds = database, poll_seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def read(self, database: Database) -> None:
        """Keep what is there now."""

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"argosy-{type(self).__name__}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def poll(self) -> None:
        """Read once."""
        with suppress(ArgosyError):  # the source says so already
            self.read(self._database)

    def _run(self) -> None:
        self.poll()
        while not self._stop.wait(self._poll_seconds):
            self.poll()
