"""What a plug-in's own code keeps with the version that it is trained for: `argosy.log` and `argosy.attach`.

Outside of training both check what they are given and do nothing more, so that a plug-in runs in a notebook as it does
in a worker. In the further fits of an evaluation (folds, rounds) nothing is kept: a version has one record.
"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from argosy.errors import RecordingInvalid

POINTS: Final = 10_000
"""Values that one training may log."""
FILES: Final = 20
FILES_BYTES: Final = 100_000_000
"""Of all files that one training attaches, together."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. /-]{0,99}")
_LARGEST_STEP: Final = 1 << 53


class Recording:
    """What one training has logged and attached so far; files are copied into `folder` at once."""

    def __init__(self, folder: Path) -> None:
        self.curves: dict[str, list[tuple[int, float]]] = {}
        self.files: dict[str, Path] = {}
        self._folder, self._points, self._bytes = folder, 0, 0

    def log(self, metric: str, value: float, step: int) -> None:
        self._points += 1
        if self._points > POINTS:
            raise RecordingInvalid(f"a training logs at most {POINTS:,} values: log fewer steps")
        self.curves.setdefault(metric, []).append((step, value))

    def attach(self, path: Path, name: str) -> None:
        size = path.stat().st_size
        known = self.files.get(name)
        self._bytes += size - (known.stat().st_size if known else 0)
        if len({*self.files, name}) > FILES or self._bytes > FILES_BYTES:
            raise RecordingInvalid(f"a training attaches at most {FILES} files of {FILES_BYTES:,} bytes together")
        self.files[name] = Path(shutil.copyfile(path, known or self._folder / f"attached-{len(self.files)}"))


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recorded(recording: Recording) -> Iterator[None]:
    """Within the block what plug-ins log and attach goes there."""
    token = _recording.set(recording)
    try:
        yield
    finally:
        _recording.reset(token)


def log(metric: str, value: float, step: int = 0) -> None:
    """Keep a value of a metric, at a step of the training, with the version; of one step the last value counts."""
    if not isinstance(metric, str) or not _NAME.fullmatch(metric):
        raise RecordingInvalid(f"a metric's name is up to 100 letters, digits and _ . - / or spaces; got {metric!r}")
    number = float(value)
    if not math.isfinite(number):
        raise RecordingInvalid(f"the value of '{metric}' is no number: {number}")
    if isinstance(step, bool) or int(step) != step or not 0 <= step < _LARGEST_STEP:
        raise RecordingInvalid(f"a step is a whole number from 0; got {step!r}")
    if recording := _recording.get():
        recording.log(metric, number, int(step))


def attach(file: str | Path, name: str = "") -> None:
    """Keep a copy of a file with the version, under its own name unless one is given; a name again replaces it."""
    path = Path(file)
    if not path.is_file():
        raise RecordingInvalid(f"there is no file {path} to attach")
    name = name or path.name
    if not _NAME.fullmatch(name) or ".." in name.split("/"):
        raise RecordingInvalid(f"a name is up to 100 letters, digits and _ . - / or spaces; got {name!r}")
    if recording := _recording.get():
        recording.attach(path, name)
