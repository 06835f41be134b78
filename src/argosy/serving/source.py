"""A source: asks a catalogue four times a second what should be served, and reports every change to the manager.

A catalogue that cannot be read (a database that is away) changes nothing: what is served stays served.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from argosy.errors import message_of
from argosy.serving.aspired_versions import AspiredVersions
from argosy.telemetry import logger

POLL_SECONDS = 0.25
_log = logger("argosy.serving")

Catalogue = Callable[[], Sequence[AspiredVersions]]


class Source:
    def __init__(
        self,
        catalogue: Catalogue,
        aspire: Callable[[Sequence[AspiredVersions]], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._catalogue, self._aspire, self._poll_seconds = catalogue, aspire, poll_seconds
        self._last: Sequence[AspiredVersions] | None = None
        self._problem = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def poll(self) -> bool:
        """Ask once; whether anything changed."""
        try:
            found = list(self._catalogue())
        except Exception as error:  # noqa: BLE001  # whatever a row holds, what is served stays served
            if message_of(error) != self._problem:
                _log.warning(
                    "versions cannot be looked up, serving goes on with those there are: %s", message_of(error)
                )
            self._problem = message_of(error)
            return False
        self._problem = ""
        if found == self._last:
            return False
        self._last = found
        self._aspire(found)
        return True

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="argosy-source", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self.poll()
        while not self._stop.wait(self._poll_seconds):
            self.poll()
