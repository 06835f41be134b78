"""A source: asks a catalogue what should be served, when there is news and now and then, and reports every change.

A catalogue that cannot be read (a database that is away) changes nothing: what is served stays served.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from argosy.error_messages import message_of
from argosy.serving.aspired_versions import AspiredVersions, ServedVersions
from argosy.telemetry import logger

POLL_SECONDS: Final = 2.0
"""How often a catalogue is asked that has no news: some database may keep them to itself."""
LOOK_SECONDS: Final = 0.25
"""How soon a stop is noticed."""
PAUSE_SECONDS: Final = 0.02
"""Between two questions: a busy database has news of others all the time."""
_log = logger("argosy.serving")


class Catalogue(Protocol):
    """Of the source's thread alone, except for `wanted`."""

    wanted: Mapping[str, ServedVersions]
    """The models to serve and how; empty: all of them. Any thread may replace it."""

    def read(self) -> Sequence[AspiredVersions]:
        """What should be served."""

    def wait(self, seconds: float) -> bool:
        """Wait until there may be news since the last wait, for that long at most; whether there may be."""


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
        self._stop, self._hurry = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def poll(self) -> bool:
        """Ask once; whether anything changed."""
        try:
            found = list(self._catalogue.read())
        except Exception as error:  # noqa: BLE001  # whatever a row holds, what is served stays served
            self._report(error)
            return False
        self._problem = ""
        if found == self._last:
            return False
        self._last = found
        self._aspire(found)
        return True

    def want(self, wanted: Mapping[str, ServedVersions]) -> None:
        """Serve these from now on; the catalogue is asked again at once. Any thread."""
        self._catalogue.wanted = wanted
        self._hurry.set()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="argosy-source", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._hurry.clear()
            self.poll()
            self._stop.wait(PAUSE_SECONDS)
            self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + self._poll_seconds
        while not self._stop.is_set() and not self._hurry.is_set() and (left := deadline - time.monotonic()) > 0:
            try:
                if self._catalogue.wait(min(left, LOOK_SECONDS)):
                    return
            except Exception as error:  # noqa: BLE001  # as in `poll`
                self._report(error)
                self._stop.wait(min(left, LOOK_SECONDS))

    def _report(self, error: Exception) -> None:
        if message_of(error) != self._problem:
            _log.warning("versions cannot be looked up, serving goes on with those there are: %s", message_of(error))
        self._problem = message_of(error)
