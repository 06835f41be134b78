"""A server of the routes that packages offer: mounted, then answered on one address; listeners answer next to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from argosy.http.access import Access
from argosy.http.application import BackgroundWork, application
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.endpoint import Routes
from argosy.http.fast_lane import FastLane
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics
from argosy.http.server import Listener, serve_until_stopped
from argosy.http.server_routes import with_server_routes
from argosy.siblings.siblings import Siblings


class HttpServer:
    """`background` is started before the first request, and stopped after the last; `connections` at once.

    With `siblings` it is one of several processes on its port.
    """

    def __init__(
        self,
        offered: Sequence[Routes],
        access: Access,
        metrics: RequestMetrics,
        limits: RequestLimits,
        background: Sequence[BackgroundWork] = (),
        connections: int = ConnectionLimits.connections,
        listeners: Sequence[Listener] = (),
        siblings: Siblings | None = None,
    ) -> None:
        self._on_stopping = [one.on_stopping for one in offered]
        self._access, self._listeners, siblings = access, listeners, siblings or Siblings()
        self._is_shared = siblings.count > 1
        self._limits = ConnectionLimits(connections=connections, seconds=limits.seconds)
        every = with_server_routes(offered, access, metrics, siblings)
        endpoints = [endpoint for routes in every for endpoint in routes.endpoints]
        self._fast_lane = FastLane(endpoints, access, metrics, limits)
        self.app = application(every, access, metrics, limits.seconds, [siblings, access.authentication, *background])

    def run(self, host: str, port: int, on_listening: Callable[[str], None] | None = None) -> None:
        """Answer requests until SIGTERM or Ctrl-C. `on_listening` gets the URL, and then that of each listener.

        Raises PortInUse, AddressInvalid, and TokenMissing where others could reach the host and there is no token.
        """
        self._access.open_to(host)
        serve_until_stopped(
            self.app,
            host,
            port,
            on_listening,
            self._limits,
            self._listeners,
            self._fast_lane,
            self._is_shared,
            self._on_stopping,
        )
