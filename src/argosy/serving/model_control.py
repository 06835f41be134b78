"""Models unloaded and loaded again by request, between a source and the manager.

An unloaded model is not served, whatever its aliases do, until somebody loads it or the server starts again: nothing of
it is stored. A load serves what the source wants of the model then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from argosy.errors import ModelNotFound, nearest
from argosy.serving.aspired_versions import AspiredVersions
from argosy.typed_values import abridged


class ModelControl:
    """Any thread may call it; `aspire` is the manager's, `unloaded` the models that were unloaded before."""

    def __init__(self, aspire: Callable[[Sequence[AspiredVersions]], None], unloaded: Iterable[str] = ()) -> None:
        self._aspire, self._lock = aspire, threading.Lock()
        self._offered: Mapping[str, AspiredVersions] = {}
        self._unloaded = frozenset(unloaded)

    def aspire(self, offered: Sequence[AspiredVersions]) -> None:
        """What the source wants; without the unloaded models it is passed on."""
        with self._lock:
            self._offered = {one.model: one for one in offered}
            self._pass_on()

    def load(self, model: str) -> AspiredVersions:
        """Serve it again, which changes nothing where it is served; raises ModelNotFound."""
        return self._mark(model, self._unloaded - {model})

    def unload(self, model: str) -> AspiredVersions:
        """Serve it no longer; raises ModelNotFound where the source does not have it."""
        return self._mark(model, self._unloaded | {model})

    @property
    def offered(self) -> Mapping[str, AspiredVersions]:
        """What the source wants, with the unloaded models."""
        return self._offered

    def is_unloaded(self, model: str) -> bool:
        return model in self._unloaded

    def _mark(self, model: str, unloaded: frozenset[str]) -> AspiredVersions:
        with self._lock:
            if model not in self._offered:
                there = ", ".join(sorted(self._offered)) or "none yet"
                close = nearest(model, self._offered)
                raise ModelNotFound(f"no model to serve is called '{abridged(model)}'{close}; there are: {there}")
            if unloaded != self._unloaded:
                self._unloaded = unloaded
                self._pass_on()
            return self._offered[model]

    def _pass_on(self) -> None:
        self._aspire([one for name, one in self._offered.items() if name not in self._unloaded])
