"""The port to whatever can become a servable.

Guarantees, for every loader:

- `load` runs on the manager's thread while the server answers: it never holds the interpreter for more than a few
  milliseconds at a time, and touches what the first request would touch.
- `load` either returns a predictor that is ready, or raises and leaves nothing behind.
- `unload` is called once, after the last request; it too gives way to requests.
"""

from __future__ import annotations

from typing import Protocol

from argosy.serving.servable import ArtifactReference, Predictor


class Loader(Protocol):
    """See the module's guarantees."""

    def load(self, reference: ArtifactReference) -> Predictor:
        """Read, check, build and warm a version."""

    def memory_bytes(self, reference: ArtifactReference) -> int:
        """How much a loaded version takes, estimated before it is loaded and without reading all of it."""

    def unload(self, predictor: Predictor) -> None:
        """Give back what the version holds."""
