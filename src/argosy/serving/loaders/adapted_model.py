"""Loads an adapted model from the artifact store, in its served form."""

from __future__ import annotations

from argosy.models.adapted_model import AdaptedModel
from argosy.serving.servable import Predictor, Reference
from argosy.store.artifact_store import ArtifactStore


class AdaptedModelLoader:
    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    def load(self, reference: Reference) -> Predictor:
        """Raises ArtifactNotFound or ArtifactCorrupt: the digest is checked here, not on the first request."""
        return AdaptedModel.load(self._artifacts.fetch(reference.artifact)).served()

    def unload(self, predictor: Predictor) -> None:
        """Nothing beyond the memory, which goes with the last reference."""
