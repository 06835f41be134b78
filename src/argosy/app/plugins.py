"""The plug-ins of a project: Argosy's own, and those that its `plugins:` modules register when imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from argosy.datasets.cuts import cuts
from argosy.definitions import Registries
from argosy.error_messages import place_of
from argosy.errors import ArgosyError, DefinitionInvalid, PluginNotFound
from argosy.jobs.workers import at_place
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

REGISTRIES = Registries(datasets=cuts, adapters=adapters, models=estimators)


def load_plugins(root: Path, modules: list[str]) -> None:
    """Import each module, looking in the project's folder first; raises DefinitionInvalid where one will not load."""
    if modules and str(root) not in sys.path:
        sys.path.insert(0, str(root))
    for module in modules:
        try:
            _check_own(root, importlib.import_module(module))
        except ArgosyError:
            raise
        except Exception as error:  # a user's module may raise anything
            said = error.msg if isinstance(error, SyntaxError) else error
            problem = f"cannot import '{module}': {type(error).__name__}: {said},{place_of(error)}"
            raise DefinitionInvalid(problem, "plugins", str(root / "argosy.yaml")) from error


def _check_own(root: Path, module: ModuleType) -> None:
    """Refuse a module of the same name that this process took from another project's folder."""
    ours = root / (module.__name__.replace(".", "/") + ".py")
    if ours.exists() and not ours.samefile(module.__file__ or ours):
        problem = (
            f"'{module.__name__}' was imported from {module.__file__} before: open each project in its own process"
        )
        raise DefinitionInvalid(problem, "plugins", str(root / "argosy.yaml"))


def has_plugins(place: str, requires: Mapping[str, str]) -> bool:
    """Whether a process at that place has every plug-in of a job, with the very code that it names, and its files."""
    return all(name == at_place(place) or _has(name, digest) for name, digest in requires.items())


def _has(name: str, digest: str) -> bool:
    part, _, plugin = name.partition(".")
    try:
        return digest in ("", REGISTRIES.of(part).get(plugin).code_digest)  # type: ignore[arg-type]  # written by code_digests
    except (KeyError, PluginNotFound):  # the first is another place's
        return False
