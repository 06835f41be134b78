"""What answers under a model's name without being a version of one, over every protocol that asks models."""

from __future__ import annotations

from typing import Protocol

from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, ModelMetadata
from argosy.serving.routing import ModelRouting


class Abandoned(Protocol):
    """A request that is under way."""

    def abandon(self) -> None:
        """Nobody waits for it any more."""


class AddedModel(Protocol):
    """Takes and gives tensors by a signature; see `DataPlane.add`."""

    def metadata(self) -> ModelMetadata:
        """What it takes and gives."""

    def routing(self) -> ModelRouting:
        """The versions of the model behind it, and which answers where none is named; no version where it has none."""

    def is_ready(self, version: int | str | None = None) -> bool:
        """Whether it could answer at once; raises VersionNotFound."""

    def submit(self, request: InferRequest, done: Done) -> Abandoned:
        """As `DataPlane.submit`."""
