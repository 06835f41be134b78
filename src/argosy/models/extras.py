"""What a plug-in needs that may not be installed, found out without importing any of it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec


def missing_installs(purpose: str, needs: Mapping[str, str]) -> str:
    """Of modules and the commands that install them: which commands to run, or nothing where all are there."""
    missing = [command for module, command in needs.items() if find_spec(module) is None]
    return f"{purpose} needs {' and '.join(dict.fromkeys(missing))}" if missing else ""


def extra(name: str) -> str:
    """The command that installs an extra."""
    return f"pip install 'argosy[{name}]'"
