"""The model server of a project, with the process that drains its prediction log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from argosy import processes, telemetry
from argosy.app import backends as openers
from argosy.backends import Backends
from argosy.definitions.project import Settings
from argosy.definitions.service import Service, services_of_texts
from argosy.jobs.selection import missing_champions
from argosy.predictions.drainer_process import keep_draining
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.http.http_server import HttpServer
    from argosy.siblings.siblings import Siblings

_log = logger("argosy.serving")


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a command says of a server; it goes before the settings."""

    host: str = ""
    port: int | None = None
    grpc_port: int | None = None
    is_strict: bool = False
    is_stored: bool = False
    store: str = ""
    """The URL of a server whose models are served."""


def server_of(
    backends: Backends,
    options: ServeOptions = ServeOptions(),  # noqa: B008  # frozen
    siblings: Siblings | None = None,
    unloaded: Sequence[str] = (),
    services: Mapping[str, Service] | None = None,
) -> HttpServer:
    """A server of what the settings name: by default every version that has an alias."""
    from argosy.app.mounting import http_server
    from argosy.services.services import reloading_of, services_of
    from argosy.serving.aspired_versions import served_versions
    from argosy.transfer.remote_store import RemoteStore

    backends.load_plugins()
    settings, reloading = backends.settings, reloading_of(backends, services)
    telemetry.follow_settings(settings.server.log_level, settings.server.log_format)
    return http_server(
        backends.store,
        backends.vault,
        backends.spool,
        models=served_versions(settings.server.models),
        limits=settings.limits,
        default_model=settings.server.default_model,
        hosts=settings.server.hosts,
        grpc_port=_addresses(backends, options)[2],
        is_strict=options.is_strict,
        is_stored=options.is_stored,
        remote=RemoteStore.reached(options.store, backends.home) if options.store else None,
        reloading=reloading,
        siblings=siblings,
        unloaded=unloaded,
        services=services_of(backends, reloading.services),
        root=backends.root,
    )


def serve(
    backends: Backends,
    options: ServeOptions = ServeOptions(),  # noqa: B008
    count: int = 1,
    on_listening: Callable[[str], None] = lambda _: None,
) -> int:
    """Serve until SIGTERM or Ctrl-C, a drainer next to it; the exit code.

    Raises PortInUse, AddressInvalid, TokenMissing, and PluginCodeChanged where it is strict and a plug-in's code is not
    what a version was trained with. With `is_stored` such a version is loaded with the code that was kept with it. Of a
    `store` its models are served; predictions, feedback and tokens are the project's. `on_listening` gets the URL of
    HTTP, then that of gRPC, if any.

    Of several processes (`count`) this one serves nothing: what the first one cannot do it reports itself, and its exit
    code is returned.
    """
    stop = threading.Event()
    keeper = threading.Thread(target=keep_draining, args=(backends.root, stop), name="argosy-drainer")

    def listening(url: str) -> None:
        if keeper.ident is None:  # the first of its URLs
            if not options.store:
                for line in missing_champions(backends.plans):
                    _log.warning("%s", line)
            keeper.start()
        on_listening(url)

    backends.spools.enter(backends.spool)  # while it is empty: it owes no erasure of before
    try:
        if count > 1:
            return _keep_processes(backends, options, count, listening)
        host, port, _ = _addresses(backends, options)
        server_of(backends, options).run(host, port, listening)
        return 0
    finally:
        stop.set()
        if keeper.ident is not None:
            keeper.join()


def _keep_processes(backends: Backends, options: ServeOptions, count: int, on_listening: Callable[[str], None]) -> int:
    from argosy.http.listening import reserve
    from argosy.services.services import reloading_of
    from argosy.serving.server_processes import keep_server

    host, *ports = _addresses(backends, options)
    with ExitStack() as reserved:
        port, grpc_port = (
            None if one is None else reserved.enter_context(reserve(host, one)).getsockname()[1] for one in ports
        )
        given = msgspec.structs.replace(options, host=host, port=port, grpc_port=grpc_port)
        return keep_server(
            count,
            lambda connection: processes.start_argosy(
                ["--project", str(backends.root), "server-process"], connection=connection
            ),
            msgspec.to_builtins(given),
            reloading_of(backends),
            on_listening,
        )


def serve_process(root: Path) -> None:
    """One of several processes of a server, which `keep_server` has started, until that ends it."""
    from argosy.serving.server_processes import ServerGreeting, ignore_hangups
    from argosy.siblings.siblings import ConnectedSiblings, greeted

    connection, value = greeted()
    greeting = msgspec.convert(value, ServerGreeting)
    options = msgspec.convert(greeting.options, ServeOptions)
    backends = Backends(root, msgspec.convert(greeting.settings, Settings), openers)
    siblings = ConnectedSiblings(connection, greeting.count)
    ignore_hangups()
    host, port, _ = _addresses(backends, options)
    server = server_of(backends, options, siblings, greeting.unloaded, services_of_texts(greeting.services))
    server.run(host, port, siblings.report_url)


def _addresses(backends: Backends, options: ServeOptions) -> tuple[str, int, int | None]:
    """The host, the port of HTTP and that of gRPC, if any."""
    server = backends.settings.server
    grpc_port = server.grpc_port if options.grpc_port is None else options.grpc_port
    return options.host or server.host, server.port if options.port is None else options.port, grpc_port
