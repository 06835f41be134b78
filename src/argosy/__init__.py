"""Argosy trains, serves and keeps improving models, text classifiers first.

`open(dir)` gives a project; `AdaptedModel` works without one. Names are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from argosy.version import __version__

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.app.project import open_project as open  # noqa: A004  # argosy.open reads as it should
    from argosy.datasets.example import Example
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.recording import attach, log
    from argosy.transfer.remote_store import RemoteStore

_WHERE = {
    "AdaptedModel": "argosy.models.adapted_model:AdaptedModel",
    "Example": "argosy.datasets.example:Example",
    "attach": "argosy.models.recording:attach",
    "log": "argosy.models.recording:log",
    "RemoteStore": "argosy.transfer.remote_store:RemoteStore",
    "Project": "argosy.app.project:Project",
    "open": "argosy.app.project:open_project",
}

__all__ = ["AdaptedModel", "Example", "Project", "RemoteStore", "__version__", "attach", "log", "open"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"argosy has no '{name}'")
    module, _, attribute = _WHERE[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
