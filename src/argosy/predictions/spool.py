"""The writing end of the prediction log: a prediction is handed to the kernel before it is answered.

Guarantees:

- When `append` returns, the predictions' frames have left this process by `write(2)`: `kill -9` of any process loses
  none of them. A power cut may lose what the kernel had not yet written back (usually the last seconds).
- All that one turn of the event loop appends goes into one `write`.
- Where the write fails (a full disk), `append` raises PredictionNotLogged for those whose frames are not complete, the
  segment is left behind, or removed where nothing is in it, and the next append tries a new one.

`append` is for one thread, `framed` for any.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from argosy import clock
from argosy.errors import PredictionNotLogged
from argosy.predictions import frames, segments
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import Prediction, seal, to_bytes
from argosy.vault.scope import Scope

SEGMENT_BYTES = 8 << 20

Write = Callable[[int, bytes], int]


class SpoolWriter:
    """Appends to one segment at a time in `folder`; a full one is closed and followed by the next."""

    def __init__(
        self, folder: Path, scope: Scope, *, segment_bytes: int = SEGMENT_BYTES, write: Write = os.write
    ) -> None:
        self._folder, self._scope, self._segment_bytes, self._write = folder, scope, segment_bytes, write
        self._ids = PredictionIds(scope)
        self._descriptor: int | None = None
        self._path = folder
        self._size = 0
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []

    async def append(self, data: bytes) -> None:
        """Log what `framed` returned; returns once the kernel has it."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((data, written))
        await written

    def close(self) -> None:
        """Release the segment; the drain then takes the rest of it and deletes it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def framed(self, predictions: Sequence[Prediction]) -> bytes:
        """Sealed and framed, ready to be written."""
        level = self._ids.level
        return b"".join(frames.frame(to_bytes(seal(one, self._scope, level(one.id)))) for one in predictions)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        written = self._put(b"".join(data for data, _ in waiting))
        for data, future in waiting:
            written -= len(data)
            if future.done():  # the caller went away meanwhile
                continue
            if written >= 0:
                future.set_result(None)
            else:
                future.set_exception(PredictionNotLogged("the prediction log cannot be written: is its disk full?"))

    def _put(self, data: bytes) -> int:
        """How many of the bytes reached the kernel. After a failure a torn segment is left to the drain."""
        written = 0
        try:
            descriptor = self._descriptor if self._descriptor is not None else self._open()
            while written < len(data):
                written += self._write(descriptor, data[written:] if written else data)
        except OSError:
            self._leave(is_empty=self._size + written == 0)
            return written
        self._size += len(data)
        if self._size >= self._segment_bytes:
            self.close()
        return written

    def _open(self) -> int:
        self._descriptor, self._path = segments.create(self._folder, clock.now())
        self._size = 0
        return self._descriptor

    def _leave(self, *, is_empty: bool) -> None:
        if is_empty and self._descriptor is not None:
            with suppress(OSError):  # then the drain removes it
                self._path.unlink()
        self.close()
