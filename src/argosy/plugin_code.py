"""A plug-in's code and its digest: its module's source, and that of the modules next to it that it imports.

The modules next to it are those of its own package or, for a module in no package, those in its folder, which is mostly
the project's; what they import of that in turn counts too, inside functions as well. Installed packages do not: lineage
names their versions. Nothing is imported to find out.
"""

from __future__ import annotations

import ast
import hashlib
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple


class PluginCode(NamedTuple):
    """`files` are sources by their path from the folder on the import path; `module` is the plug-in's."""

    digest: str
    module: str = ""
    files: Mapping[str, bytes] = {}


def code_of_module(module: ModuleType | None, source: str) -> PluginCode:
    """The digest of a module that imports none next to it is the sha256 of its source."""
    own = hashlib.sha256(source.encode()).hexdigest()
    if module is None:
        return PluginCode(own)
    imported, files = _closure(module, source)
    if imported:
        lines = [own, *(f"{name} {hashlib.sha256(code).hexdigest()}" for name, code in sorted(imported.items()))]
        own = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return PluginCode(own, module.__name__, files)


def _closure(module: ModuleType, source: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(name to source of every module next to it that it depends on, path to source of these and itself)."""
    file = getattr(module, "__file__", None)
    if not file:
        return {}, {}
    path, name = Path(file).resolve(), module.__name__
    is_package = path.name == "__init__.py"
    root = path.parents[name.count(".") + is_package]
    package = name.partition(".")[0] if is_package or "." in name else ""
    files = {path.relative_to(root).as_posix(): source.encode()}
    if not package and root in _installed():
        return {}, files
    found: dict[str, bytes] = {}
    waiting = [(path, name, source.encode())]
    while waiting:
        at, here, code = waiting.pop()
        for wanted in _imported(code, here if at.name == "__init__.py" else here.rpartition(".")[0]):
            if wanted in found or wanted == name or (package and wanted.partition(".")[0] != package):
                continue
            if place := _place(root, wanted):
                found[wanted] = files[place.relative_to(root).as_posix()] = place.read_bytes()
                waiting.append((place, wanted, found[wanted]))
    for above in (parent for parent in path.relative_to(root).parents if parent.name):  # packages around it
        if (root / above / "__init__.py").is_file():
            files.setdefault((above / "__init__.py").as_posix(), (root / above / "__init__.py").read_bytes())
    return found, files


def _place(root: Path, name: str) -> Path | None:
    path = root / name.replace(".", "/")
    return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()), None)


def _imported(code: bytes, package: str) -> Iterator[str]:
    """Every module that may be meant by the imports of a module of that package, with the packages around it."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = [part for part in name.split(".") if part]
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _installed() -> set[Path]:
    """The folders that packages are installed in, and the standard library's."""
    folders = {*site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values(), sys.prefix}
    return {Path(folder).resolve() for folder in folders}
