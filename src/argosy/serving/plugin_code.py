"""Which code of users' plug-ins a version is loaded with: today's, reported or refused where it changed, or its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from argosy.errors import ArgosyError, PluginCodeChanged
from argosy.serving.aspired_versions import AspiredVersions
from argosy.serving.servable import ArtifactReference
from argosy.store.store import Store
from argosy.store.trained_code import changed_code_message, changed_plugins, stored_code
from argosy.telemetry import logger

_log = logger("argosy.serving")


class TrainedCode:
    """`is_strict`: versions of other code are refused, not only reported. `is_stored`: they answer with their own."""

    def __init__(self, store: Store, is_strict: bool, is_stored: bool = False) -> None:
        self._store, self._is_strict, self._is_stored = store, is_strict, is_stored

    @contextmanager
    def loading(self, reference: ArtifactReference) -> Iterator[None]:
        """Around the loading of a version; raises PluginCodeChanged where that is strict, and as `stored_code`."""
        if self._is_stored:
            with stored_code(self._store, reference.label):
                yield
        else:
            self.check(reference)
            yield

    def check(self, reference: ArtifactReference) -> None:
        """Before a version is loaded; raises PluginCodeChanged where that is strict."""
        try:
            changed = changed_plugins(self._store.trained(reference.label), self._store.trained)
        except ArgosyError as problem:  # a row that cannot be read keeps no model from answering
            if self._is_strict:
                raise
            _log.warning("%s: whether its plug-ins' code is the trained one cannot be said: %s", reference, problem)
            return
        if not changed:
            return
        message = changed_code_message(str(reference), changed)
        if self._is_strict:
            raise PluginCodeChanged(message)
        _log.warning("%s", message)

    def check_all(self, offered: Callable[[], Iterable[AspiredVersions]]) -> None:
        """Before the server starts, so that a strict one does not; another does not ask."""
        if self._is_strict:
            for model in offered():
                for one in model.versions.values():
                    with self.loading(one):
                        pass
