"""A project's services, ready to be asked: definitions, their functions, and a plane each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from argosy.backends import Backends
from argosy.caching.cache import Cache
from argosy.definitions.service import Service, load_services
from argosy.definitions.yaml_files import located
from argosy.http.endpoint import Routes
from argosy.http.request_limits import RequestLimits
from argosy.services.biases import MeasuredBiases, stored_biases
from argosy.services.functions import FunctionCaller, load_function
from argosy.services.routes import service_routes
from argosy.services.service_model import ServiceModel
from argosy.services.service_plane import ServicePlane
from argosy.serving.dataplane import DataPlane


def services_of(backends: Backends) -> Callable[[DataPlane], Services] | None:
    """What makes those of a project's folder; None where there are none. Raises DefinitionInvalid."""
    found = load_services(backends.root)
    if not found:
        return None
    cache = backends.cache if any(one.features for one in found.values()) else None
    return lambda dataplane: Services(found, backends.root, cache, dataplane, partial(stored_biases, backends.store))


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
        self.planes = {
            name: ServicePlane(one, dataplane, cache, _callers(one, root), MeasuredBiases(biases, one.positive))
            for name, one in services.items()
        }
        for plane in self.planes.values():
            model = ServiceModel(plane)
            dataplane.add(model.name, model)

    def routes(self, limits: RequestLimits) -> Routes:
        """What they answer over HTTP."""
        return service_routes(self.planes, limits)

    def start(self) -> None:
        """They begin with the server."""

    def stop(self) -> None:
        """Callers that still wait get no answer."""
        for plane in self.planes.values():
            plane.close()


def _callers(service: Service, root: Path) -> dict[str, FunctionCaller]:
    with located(f"service {service.name}"):
        return {name: FunctionCaller(name, load_function(root, name, "prepare")) for name in service.functions}
