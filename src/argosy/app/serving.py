"""The model server of a project, with the process that drains its prediction log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from argosy import processes, telemetry
from argosy.backends import Backends
from argosy.definitions import load_settings
from argosy.jobs.selection import champion_advice, without_champion
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.http.http_server import HttpServer
    from argosy.transfer.remote_store import RemoteStore

_log = logger("argosy.serving")
KEEP_SECONDS = 0.5
"""How often it is checked that the drainer runs."""
DRAINER_SECONDS = 5.0
"""That a drainer may take to end; what it was killed with stays in the spool."""


def server_of(
    backends: Backends,
    is_strict: bool = False,
    is_stored: bool = False,
    remote: RemoteStore | None = None,
    grpc_port: int | None = None,
) -> HttpServer:
    """A server of what the settings name: by default every version that has an alias. `grpc_port` overrides theirs."""
    from argosy.app.mounting import http_server
    from argosy.serving.aspired_versions import served_versions
    from argosy.serving.reloading import Reloading

    backends.load_plugins()
    settings = backends.settings
    telemetry.follow_settings(settings.server.log_level, settings.server.log_format)
    return http_server(
        backends.store,
        backends.vault,
        backends.spool,
        models=served_versions(settings.server.models),
        limits=settings.limits,
        default_model=settings.server.default_model,
        hosts=settings.server.hosts,
        grpc_port=settings.server.grpc_port if grpc_port is None else grpc_port,
        is_strict=is_strict,
        is_stored=is_stored,
        remote=remote,
        reloading=Reloading(settings, lambda: load_settings(backends.root, os.environ)),
    )


def serve(
    backends: Backends,
    host: str,
    port: int,
    on_listening: Callable[[str], None] | None = None,
    is_strict: bool = False,
    is_stored: bool = False,
    remote: RemoteStore | None = None,
    grpc_port: int | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, a drainer next to it; raises PortInUse, AddressInvalid, TokenMissing.

    PluginCodeChanged is raised where it is strict and a plug-in's code is not what a version was trained with. With
    `is_stored` such a version is loaded with the code that was kept with it. Of a `remote` store its models are served;
    predictions, feedback and tokens are the project's. `on_listening` gets the URL of HTTP, then that of gRPC, if any.
    """
    stop = threading.Event()
    keeper = threading.Thread(target=keep_draining, args=(backends, stop), name="argosy-drainer")

    def listening(url: str) -> None:
        if keeper.ident is None:  # the first of its URLs
            if remote is None:
                _warn_without_champion(backends)
            keeper.start()
        if on_listening:
            on_listening(url)

    backends.spools.enter(backends.spool)  # while it is empty: it owes no erasure of before
    try:
        server_of(backends, is_strict, is_stored, remote, grpc_port).run(host, port, listening)
    finally:
        stop.set()
        if keeper.ident is not None:
            keeper.join()


def _warn_without_champion(backends: Backends) -> None:
    for model in without_champion(backends.store):
        advice = champion_advice(backends.plans, model)
        _log.warning("%s has no champion: who names no version is answered by the newest; %s", model, advice)


def keep_draining(backends: Backends, stop: threading.Event) -> None:
    """Keep one drainer as a child until `stop` is set; one that dies is replaced."""
    while not stop.is_set():
        process = processes.start_argosy(["--project", str(backends.root), "drain"], nice=5)
        while process.poll() is None and not stop.wait(KEEP_SECONDS):
            continue
        processes.stop(process, DRAINER_SECONDS)
        stop.wait(KEEP_SECONDS)  # one that cannot start is not tried without pause
