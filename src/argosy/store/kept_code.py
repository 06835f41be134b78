"""The code of users' plug-ins that a result was trained with, as one file: JSON with the sources in it.

The same sources give the same bytes, so that all results of one state of the code share one artifact.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy.definitions import Registries, plugins_of
from argosy.errors import ArtifactCorrupt, CodeNotKept
from argosy.paths import within
from argosy.store.kept import kept_files
from argosy.store.store import Store

FORMAT: Final = 1
NAME: Final = "plugins"
"""Of the file among those kept with a result."""


class KeptCode(msgspec.Struct, frozen=True):
    """`plugins` are digests by `kind.name`; `modules` register them; `files` are paths on the import path."""

    plugins: dict[str, str]
    modules: list[str]
    files: dict[str, bytes]
    format: int = FORMAT

    def unpack(self, folder: Path) -> None:
        """Write the sources below the folder."""
        for name, source in self.files.items():
            path = within(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source)


def code_of_definition(definition: Mapping[str, Any], registries: Registries) -> KeptCode | None:
    """That of every user's plug-in that the definition names, also inside options; None where it names none."""
    plugins: dict[str, str] = {}
    files: dict[str, bytes] = {}
    modules: set[str] = set()
    for name, plugin in plugins_of(definition, registries).items():
        if (code := plugin.code) is not None:
            plugins[name] = code.digest
            modules.add(code.module)
            files.update(code.files)
    ordered = dict(sorted(plugins.items())), sorted(modules - {""}), dict(sorted(files.items()))
    return KeptCode(*ordered) if files else None


def write_code(code: KeptCode, path: Path) -> Path:
    path.write_bytes(msgspec.json.encode(code))
    return path


def read_code(path: Path) -> KeptCode:
    """Raises ArtifactCorrupt."""
    try:
        code = msgspec.json.decode(path.read_bytes(), type=KeptCode)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ArtifactCorrupt(f"{path}: not the code of plug-ins: {problem}") from None
    if code.format != FORMAT:
        raise ArtifactCorrupt(f"{path}: code of format {code.format}; this Argosy reads {FORMAT}: upgrade it")
    return code


def kept_code_of(store: Store, label: str) -> KeptCode | None:
    """That of a result; None where none was kept. Raises ArtifactCorrupt, ArtifactNotFound."""
    with store.database.read() as transaction:
        found = [file.digest for file in kept_files(transaction, label) if (file.kind, file.name) == ("code", NAME)]
    return read_code(store.artifacts.fetch(found[0])) if found else None


def needed_code(store: Store, label: str, reference: str) -> KeptCode:
    """The same; raises CodeNotKept where there is none."""
    code = kept_code_of(store, label)
    if code is None:
        raise not_kept(reference)
    return code


def not_kept(label: str) -> CodeNotKept:
    why = "no plug-in of yours is in it, or it was trained before code was kept"
    return CodeNotKept(f"{label} has no stored code: {why}")
