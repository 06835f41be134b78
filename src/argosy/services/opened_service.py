"""One service with all that it needs: its functions on their threads, its parts, the models that it answers as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import random

from argosy.caching.cache import Cache
from argosy.definitions.service import Service
from argosy.definitions.yaml_files import located
from argosy.services.biases import MeasuredBiases
from argosy.services.functions import FunctionCaller, load_function
from argosy.services.part_models import deciding_model, preparing_model
from argosy.services.placed_parts import PlacedModels, PlacedPostProcessor, PlacedPreProcessor, PlacedServer
from argosy.services.post_processing import PostProcessor
from argosy.services.pre_processing import PreProcessor
from argosy.services.service_model import PREFIX, ServiceModel
from argosy.services.service_plane import ServicePlane
from argosy.serving.added_models import AddedModel
from argosy.serving.dataplane import DataPlane


class OpenedService:
    """Its parts are here or where they are placed; those that are here may be asked by others, as models.

    Raises DefinitionInvalid where a function cannot be found. May be made on any thread.
    """

    def __init__(
        self,
        service: Service,
        root: Path,
        cache: Cache | None,
        dataplane: DataPlane,
        biases: Callable[[str, int], Mapping[str, float]],
    ) -> None:
        self.service = service
        self._callers = callers = _callers(service, root)
        prepare = PreProcessor(service, cache, callers.get(service.prepare))
        decide = PostProcessor(service, callers, MeasuredBiases(biases, service.positive), random)
        name = PREFIX + service.name
        preparing = preparing_model(f"{name}.prepare", service, prepare)
        deciding = deciding_model(f"{name}.decide", service, decide)
        self._placed = placed = {part: PlacedServer(url) for part, url in service.place.items()}
        self.plane = ServicePlane(
            service,
            dataplane,
            PlacedPreProcessor(placed["prepare"], preparing.name) if "prepare" in placed else prepare,
            PlacedModels(placed["compute"], dataplane.new_ids) if "compute" in placed else dataplane,
            PlacedPostProcessor(placed["decide"], deciding.name) if "decide" in placed else decide,
        )
        self.models: Mapping[str, AddedModel] = {
            one.name: one for one in (ServiceModel(self.plane, dataplane), preparing, deciding)
        }

    def end_soon(self) -> None:
        """The server stops: its functions end, or nobody waits for them."""
        for caller in self._callers.values():
            caller.end_soon()

    def close(self) -> None:
        """Callers that still wait get no answer. A second time it does nothing."""
        self.plane.close()
        for caller in self._callers.values():
            caller.close()
        for server in self._placed.values():
            server.close()


def _callers(service: Service, root: Path) -> dict[str, FunctionCaller]:
    with located(f"service {service.name}"):
        found = {
            name: load_function(root, name, "prepare" if name == service.prepare else "decide")
            for name in service.functions
        }
    limits = service.function_limits
    return {name: FunctionCaller(name, one, limits.seconds, limits.at_once) for name, one in found.items()}
