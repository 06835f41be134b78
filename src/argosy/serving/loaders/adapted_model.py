"""Loads an adapted model from the artifact store, in its served form, without being noticed.

A thread that holds the interpreter for long would stall every request. Nothing of a large version is built of Python
objects: its arrays and its vocabulary are mapped, and a process beside the server's hashes the artifact and makes what
finds entries of the vocabulary. Modules are imported before the first request, by `preload`.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.artifact_format import read_artifact
from argosy.models.component import Component
from argosy.models.estimators import estimators
from argosy.models.form_choice import SEVERAL, choose_form
from argosy.models.runtimes import CALL_SECONDS
from argosy.models.served import Served
from argosy.models.vocabulary import Vocabulary
from argosy.serving.loaders.table_process import TableProcess
from argosy.serving.memory import estimated_bytes
from argosy.serving.servable import ArtifactReference, Predictor
from argosy.serving.warm_up import sample_inputs
from argosy.store.artifact_store import Sha256
from argosy.telemetry import logger

_log = logger("argosy.serving")
PAUSE_SECONDS = 0.0001


def give_way() -> None:
    """Long enough for a waiting thread to be woken and take the interpreter, which a sleep of zero is not."""
    time.sleep(PAUSE_SECONDS)


class AdaptedModelLoader:
    """`fetch` gives an artifact's file, compared with its digest, which it is told how to compute. A call of an
    imported model may take `imported_seconds`. `code` is around the loading of a version: with the users' code that is
    to answer for it, or it raises. `size` gives an artifact's bytes without fetching it, where that is known.
    `on_refused` is called with the name of a form that answers otherwise than the training form.
    """

    def __init__(
        self,
        fetch: Callable[[str, Sha256], Path],
        imported_seconds: float = CALL_SECONDS,
        pause: Callable[[], None] = give_way,
        code: Callable[[ArtifactReference], AbstractContextManager[None]] = lambda _reference: nullcontext(),
        size: Callable[[ArtifactReference], int] | None = None,
        on_refused: Callable[[str], None] = lambda _form: None,
    ) -> None:
        self._fetch, self._imported_seconds, self._pause = fetch, imported_seconds, pause
        self._code, self._size, self._on_refused = code, size or self._fetched_size, on_refused
        self._process = TableProcess()

    def preload(self) -> None:
        """Import what a first load and a first large batch would import."""
        importlib.import_module("scipy.sparse")
        plugins = [registry.get(name) for registry in (adapters, estimators) for name in registry.names()]
        for plugin in plugins:
            try:
                _ = plugin.cls
            except ImportError as error:  # a model that needs it will say so when it is loaded
                _log.warning("the %s '%s' cannot be imported: %s", plugin.noun, plugin.name, error)

    def load(self, reference: ArtifactReference) -> Predictor:
        """Raises ArtifactNotFound or ArtifactCorrupt: the digest is checked here, not on the first request.

        And PluginCodeChanged, where the code is checked strictly.
        """
        with self._code(reference):
            path = self._fetch(reference.artifact, self._process.sha256)
            header, arrays = read_artifact(path)
            model = AdaptedModel.from_dict(header, self._process.with_tables(path, header, arrays))
            components = [one for half in (model.adapter, model.estimator) for one in _components(half)]
            for component in components:
                component.limit_calls(self._imported_seconds)
            _make_indexes(components)
            return self._fastest_form(reference, model)

    def _fastest_form(self, reference: ArtifactReference, model: AdaptedModel) -> Served:
        inputs = sample_inputs(model.adapter.reads)
        choice = choose_form(model.forms(), model.training_form(), inputs, pause=self._pause)
        for form, why in choice.refused.items():
            self._on_refused(form)
            _log.error("%s: the form %s is not served: %s", reference, form, why)
        if choice.timings:
            timed = (f"{one.form} {one.one * 1e6:.0f}, {one.several * 1e6:.0f}" for one in choice.timings)
            _log.info(
                "%s is served as %s; µs for one input, for %d: %s",
                reference, choice.served.form, SEVERAL, "; ".join(timed),
            )  # fmt: skip
        return choice.served

    def memory_bytes(self, reference: ArtifactReference) -> int:
        return estimated_bytes(self._size(reference))

    def close(self) -> None:
        """End what was started to load."""
        self._process.close()

    def unload(self, predictor: Predictor) -> None:
        """There is nothing but the memory, which goes with the last reference."""

    def _fetched_size(self, reference: ArtifactReference) -> int:
        return self._fetch(reference.artifact, self._process.sha256).stat().st_size


def _components(half: Component) -> list[Component]:
    """It and those that it is made of."""
    return [half, *(one for inner in half.inside for one in _components(inner))]


def _make_indexes(components: Sequence[Component]) -> None:
    """What looks entries up in their vocabularies: not on the first request."""
    for component in components:
        for learned in component.state.values():
            for one in learned.values() if isinstance(learned, dict) else [learned]:
                if isinstance(one, Vocabulary):
                    _ = one.find
