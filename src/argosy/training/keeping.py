"""What a training keeps in addition to the model: the code of the user's plug-ins, what it logged and attached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argosy.database import Transaction
from argosy.definitions import Registries
from argosy.models.recording import Recording
from argosy.store import kept_code
from argosy.store.kept import Curves, PutFile, keep_curves, keep_files
from argosy.store.store import Store


@dataclass(frozen=True)
class Keepsake:
    """In the artifact store already; `record` names it next to the result."""

    files: tuple[PutFile, ...]
    curves: Curves

    def record(self, transaction: Transaction, label: str) -> None:
        """Raises ArtifactCollected where a file was collected meanwhile."""
        keep_files(transaction, label, self.files)
        keep_curves(transaction, label, self.curves)


def put_kept_files(
    store: Store,
    recording: Recording,
    definition: Mapping[str, Any],
    registries: Registries,
    folder: Path,
) -> Keepsake:
    """Put the files into the artifact store; `folder` is for files on the way."""

    def files() -> Iterator[PutFile]:
        if code := kept_code.code_of_definition(definition, registries):
            yield PutFile("code", kept_code.NAME, store.put_artifact(kept_code.write_code(code, folder / "code")))
        for name, path in sorted(recording.files.items()):
            yield PutFile("attachment", name, store.put_artifact(path))

    return Keepsake(tuple(files()), recording.curves)
