"""The model server of a project, with the process that drains its prediction log."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from argosy import processes

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.serving.model_server import ModelServer

T = TypeVar("T")


def model_server(project: Project) -> ModelServer:
    """A server of what the settings name: by default every version that has an alias."""
    from argosy.serving.aspired import Selection
    from argosy.serving.limits import Limits
    from argosy.serving.model_server import ModelServer

    project.registries  # noqa: B018  # a user's own plug-ins must be known before their models are loaded
    wishes = {
        model: Selection(_tuple(wish.versions), _tuple(wish.aliases), wish.latest)
        for model, wish in project.settings.server.models.items()
    }
    limits = Limits(**msgspec.structs.asdict(project.settings.limits))
    return ModelServer(project.store, project.vault, project.spool, models=wishes, limits=limits)


def serve(project: Project, host: str, port: int, on_listening: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C, a drainer beside; raises PortInUse."""
    drainer: list[subprocess.Popen[bytes]] = []

    def listening(url: str) -> None:
        drainer.append(processes.start(["--project", str(project.root), "drain"], nice=5))
        if on_listening:
            on_listening(url)

    try:
        model_server(project).run(host, port, listening)
    finally:
        for process in drainer:
            processes.stop(process)


def drain(project: Project, stop: threading.Event) -> None:
    """Move predictions from the spool into the database until `stop` is set."""
    from argosy.predictions.drain import follow

    follow(project.spool, project.database, stop)


def _tuple(values: list[T] | None) -> tuple[T, ...] | None:
    return None if values is None else tuple(values)
