"""A server's services, ready to be asked, and replaced while it runs.

A reload asks every process of a server twice: to open what is new or was changed, which any of them may refuse, and
then to put it in place. Requests that are under way end under the definition under which they began.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from argosy.backends import Backends
from argosy.definitions.project import load_settings
from argosy.definitions.remote_servers import origin_of
from argosy.definitions.service import Service, load_services, service_texts, services_of_texts
from argosy.http.endpoint import Routes
from argosy.http.request_limits import RequestLimits
from argosy.models.permitted_servers import permit_servers
from argosy.services.biases import stored_biases
from argosy.services.opened_service import OpenedService
from argosy.services.routes import service_routes
from argosy.services.service_plane import ServicePlane
from argosy.serving.dataplane import DataPlane
from argosy.serving.reloading import CHECK_SERVICES, PUT_SERVICES, Reloading, Replacing
from argosy.siblings.siblings import Siblings

Texts = Mapping[str, str]
OpeningServices: TypeAlias = Callable[[DataPlane, Siblings, Reloading | None], "Services"]


def services_of(backends: Backends, services: Mapping[str, Service]) -> OpeningServices:
    """What makes these of a data plane; that raises DefinitionInvalid where one cannot be served."""

    def made(dataplane: DataPlane, siblings: Siblings, reloading: Reloading | None) -> Services:
        found = Services(services, partial(_opened, backends), dataplane, backends.settings.limits.seconds)
        if reloading is not None:
            reloading.replacing([found.follow(siblings, reloading.is_over)])
        return found

    return made


def reloading_of(backends: Backends, services: Mapping[str, Service] | None = None) -> Reloading:
    """Of a server of a project; its services are those of the folder, if not given. Raises DefinitionInvalid."""
    root = backends.root
    given = load_services(root) if services is None else services
    return Reloading(backends.settings, lambda: load_settings(root, os.environ), given, lambda: load_services(root))


def _opened(backends: Backends, service: Service, dataplane: DataPlane) -> OpenedService:
    _permit(backends, service.place.values())
    cache = backends.cache if service.features else None
    return OpenedService(service, backends.root, cache, dataplane, partial(stored_biases, backends.store))


def _permit(backends: Backends, urls: Iterable[str]) -> None:
    """Let parts be asked where they are placed; the setting `remote_servers` says with which token."""
    known = {origin_of(one.url) for one in backends.settings.remote_servers}
    permit_servers(dict.fromkeys({origin_of(url) or "" for url in urls} - known, ""))


class Services:
    """`open_one` opens a service on a data plane. No request takes longer than so many seconds."""

    def __init__(
        self,
        services: Mapping[str, Service],
        open_one: Callable[[Service, DataPlane], OpenedService],
        dataplane: DataPlane,
        seconds: float,
    ) -> None:
        self._open_one, self._dataplane, self._seconds = open_one, dataplane, seconds
        self._opened: dict[str, OpenedService] = {}
        self._retired: set[OpenedService] = set()
        self._checked: tuple[Texts, dict[str, OpenedService]] = {}, {}
        self.planes: dict[str, ServicePlane] = {}
        """Of the moment, by name."""
        self._put(service_texts(services), self._changed(services))

    def routes(self, limits: RequestLimits) -> Routes:
        """What they answer over HTTP."""
        return replace(service_routes(self.planes, limits), on_stopping=self._end_soon)

    def follow(self, siblings: Siblings, is_over: threading.Event) -> Replacing:
        """Answer what a reload asks; how one asks it here, until `is_over`."""
        siblings.answer_to(CHECK_SERVICES, self._check)
        siblings.answer_to(PUT_SERVICES, self._put_checked)

        def replace(services: Mapping[str, Service]) -> Callable[[], None]:
            ask = partial(siblings.ask_from_thread, is_over=is_over, argument=service_texts(services))
            ask(CHECK_SERVICES)
            return lambda: ask(PUT_SERVICES)

        return replace

    def start(self) -> None:
        """They begin with the server."""

    def stop(self) -> None:
        """Callers that still wait get no answer."""
        for one in (*self._opened.values(), *self._retired, *self._checked[1].values()):
            one.close()

    def _end_soon(self) -> None:
        for one in (*self._opened.values(), *self._retired):
            one.end_soon()

    async def _check(self, texts: Any) -> None:
        """Open what is new or was changed; raises DefinitionInvalid."""
        opened = await asyncio.to_thread(self._changed, services_of_texts(texts))
        for one in self._checked[1].values():  # of a reload that another process has refused
            one.close()
        self._checked = texts, opened

    async def _put_checked(self, texts: Any) -> None:
        if self._checked[0] != texts:  # this process was started again in between
            await self._check(texts)
        opened, self._checked = self._checked[1], ({}, {})
        self._put(texts, opened)

    def _changed(self, services: Mapping[str, Service]) -> dict[str, OpenedService]:
        """Opened, those that are not served as they are defined here; any thread."""
        served = service_texts({name: one.service for name, one in self._opened.items()})
        wanted, opened = service_texts(services), dict[str, OpenedService]()
        try:
            for name, service in services.items():
                if wanted[name] != served.get(name):
                    opened[name] = self._open_one(service, self._dataplane)
        except BaseException:
            for one in opened.values():
                one.close()
            raise
        return opened

    def _put(self, names: Iterable[str], opened: Mapping[str, OpenedService]) -> None:
        """Serve those of these names, and no others."""
        before, wanted = self._opened, set(names)
        for name, old in before.items():
            if name in opened or name not in wanted:
                self._retire(old)
        self._opened = {name: one for name, one in {**before, **opened}.items() if name in wanted}
        for one in opened.values():
            for model in one.models.items():
                self._dataplane.add(*model)
        self.planes.clear()
        self.planes.update({name: one.plane for name, one in self._opened.items()})

    def _retire(self, old: OpenedService) -> None:
        """Requests that are under way have their time."""
        for name in old.models:
            self._dataplane.remove(name)
        self._retired.add(old)
        asyncio.get_running_loop().call_later(self._seconds, self._close, old)

    def _close(self, old: OpenedService) -> None:
        self._retired.discard(old)
        old.close()
