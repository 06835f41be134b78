"""A project's services, ready to be asked: definitions, their functions, their parts, and a plane each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from random import random

from argosy.backends import Backends
from argosy.caching.cache import Cache
from argosy.definitions.remote_servers import origin_of
from argosy.definitions.service import Service, load_services
from argosy.definitions.yaml_files import located
from argosy.http.endpoint import Routes
from argosy.http.request_limits import RequestLimits
from argosy.models.remote_servers import permit_servers
from argosy.services.biases import MeasuredBiases, stored_biases
from argosy.services.functions import FunctionCaller, load_function
from argosy.services.part_models import deciding_model, preparing_model
from argosy.services.placed_parts import PlacedModels, PlacedPostProcessor, PlacedPreProcessor, PlacedServer
from argosy.services.post_processing import PostProcessor
from argosy.services.pre_processing import PreProcessor
from argosy.services.routes import service_routes
from argosy.services.service_model import PREFIX, ServiceModel
from argosy.services.service_plane import ServicePlane
from argosy.serving.dataplane import DataPlane


def services_of(backends: Backends) -> Callable[[DataPlane], Services] | None:
    """What makes those of a project's folder; None where there are none. Raises DefinitionInvalid."""
    found = load_services(backends.root)
    if not found:
        return None
    _permit(backends, found.values())
    cache = backends.cache if any(one.features for one in found.values()) else None
    return lambda dataplane: Services(found, backends.root, cache, dataplane, partial(stored_biases, backends.store))


def _permit(backends: Backends, services: Iterable[Service]) -> None:
    """Let parts be asked where they are placed; the setting `remote_servers` says with which token."""
    known = {origin_of(one.url) for one in backends.settings.remote_servers}
    origins = {origin_of(url) or "" for one in services for url in one.place.values()}
    permit_servers(dict.fromkeys(origins - known, ""))


class Services:
    """Raises DefinitionInvalid where a function of one cannot be found."""

    def __init__(
        self,
        services: Mapping[str, Service],
        root: Path,
        cache: Cache | None,
        dataplane: DataPlane,
        biases: Callable[[str, int], Mapping[str, float]],
    ) -> None:
        self._root, self._cache, self._dataplane = root, cache, dataplane
        self._closed: list[FunctionCaller | PlacedServer] = []
        self.planes = {name: self._plane(one, MeasuredBiases(biases, one.positive)) for name, one in services.items()}

    def routes(self, limits: RequestLimits) -> Routes:
        """What they answer over HTTP."""
        return service_routes(self.planes, limits)

    def start(self) -> None:
        """They begin with the server."""

    def stop(self) -> None:
        """Callers that still wait get no answer."""
        for plane in self.planes.values():
            plane.close()
        for one in self._closed:
            one.close()

    def _plane(self, service: Service, biases: MeasuredBiases) -> ServicePlane:
        """A service from its parts, each here or where it is placed; those that are here may be asked by others."""
        callers, name = _callers(service, self._root), PREFIX + service.name
        self._closed += callers.values()
        prepare = PreProcessor(service, self._cache, callers.get(service.prepare))
        decide = PostProcessor(service, callers, biases, random)
        names = {"prepare": f"{name}.prepare", "decide": f"{name}.decide"}
        for model in (
            preparing_model(names["prepare"], service, prepare),
            deciding_model(names["decide"], service, decide),
        ):
            self._dataplane.add(model.name, model)
        placed = {part: PlacedServer(url) for part, url in service.place.items()}
        self._closed += placed.values()
        plane = ServicePlane(
            service,
            self._dataplane,
            PlacedPreProcessor(placed["prepare"], names["prepare"]) if "prepare" in placed else prepare,
            PlacedModels(placed["compute"], self._dataplane.new_ids) if "compute" in placed else self._dataplane,
            PlacedPostProcessor(placed["decide"], names["decide"]) if "decide" in placed else decide,
        )
        whole = ServiceModel(plane)
        self._dataplane.add(whole.name, whole)
        return plane


def _callers(service: Service, root: Path) -> dict[str, FunctionCaller]:
    with located(f"service {service.name}"):
        return {
            name: FunctionCaller(name, load_function(root, name, "prepare" if name == service.prepare else "decide"))
            for name in service.functions
        }
