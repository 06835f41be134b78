"""The writing end of the prediction log: a prediction is handed to the kernel before it is answered.

Guarantees:

- When `write` returns, the frames that it counts have left this process by `write(2)`: `kill -9` of any process loses
  none of them. A power cut may lose what the kernel had not yet written back (usually the last seconds).
- All that is given at once goes into one `write(2)`.
- Where that fails (a full disk), the count is of those whose frames are complete, the segment is left behind, or
  removed where nothing is in it, and the next call tries a new one.

`write` is for one thread, `framed` for any.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from argosy import clock
from argosy.predictions import frames, segments
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import Prediction, seal_many, to_bytes
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

    def write(self, pieces: Sequence[bytes]) -> int:
        """Log what `framed` returned, each a piece; how many of them, from the first, the kernel has."""
        written, whole = self._put(b"".join(pieces)), 0
        for piece in pieces:
            written -= len(piece)
            if written < 0:
                break
            whole += 1
        return whole

    def close(self) -> None:
        """Release the segment; the drain then takes the rest of it and deletes it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def framed(self, predictions: Sequence[Prediction]) -> bytes:
        """Sealed and framed, ready to be written."""
        return b"".join(self.framed_each(predictions))

    def framed_each(self, predictions: Sequence[Prediction]) -> list[bytes]:
        """The frame of each."""
        level = self._ids.level
        sealed = seal_many(predictions, self._scope, [level(one.id) for one in predictions])
        return [frames.frame(to_bytes(one)) for one in sealed]

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
