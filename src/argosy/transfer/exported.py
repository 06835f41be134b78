"""A version as one file that needs nothing else: its artifact, and with it all that the store knows of it.

`argosy` is the artifact's own binary form with one more entry in its header, so that `AdaptedModel.load` reads it too;
`json` is the document that `/store/artifacts` answers with, and the same entry. Taken out again, the artifact has the
bytes that it had: its digest is compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from argosy.errors import ArtifactCorrupt, ExportInvalid, ImportInvalid
from argosy.models.artifact_format import EXPORTED_ENTRY, is_artifact, read_artifact, write_content
from argosy.models.decisions import DecisionStep
from argosy.store.trained import Trained
from argosy.transfer.documents import artifact_document, artifact_parts

FORMAT: Final = 1
JSON_ARTIFACT_BYTES: Final = 200_000_000
"""Of arrays that are written as JSON at most, which takes many times as much memory."""
JSON_FILE_BYTES: Final = 4_000_000_000
DocumentForm = Literal["argosy", "json"]


class ExportedVersion(msgspec.Struct, frozen=True):
    """What a file says of the version in it; `model` is empty where a result had none."""

    format: int
    trained: Trained
    model: str
    number: int
    aliases: list[str]
    tags: dict[str, str]
    mark: str
    project: str
    by: str
    at: str
    argosy: str
    decisions: tuple[DecisionStep, ...] = ()
    """What is made of its answers before they are given."""

    @property
    def name(self) -> str:
        return f"{self.model}@{self.number}" if self.model else self.trained.label


def write_export(path: Path, artifact: Path, exported: ExportedVersion, form: str) -> None:
    """Write the file; raises ExportInvalid where the artifact could not be taken out of it bit for bit."""
    header, arrays = read_artifact(artifact)
    if EXPORTED_ENTRY in header:
        raise ExportInvalid(f"{exported.name}: its artifact has an entry '{EXPORTED_ENTRY}' of its own")
    if form == "json" and (size := arrays.length) > JSON_ARTIFACT_BYTES:
        most = f"{JSON_ARTIFACT_BYTES:,} are written as JSON at most"
        raise ExportInvalid(f"{exported.name} has arrays of {size:,} bytes; {most}: export it as argosy")
    entry = {EXPORTED_ENTRY: msgspec.to_builtins(exported)}
    with path.open("wb") as file:
        if form == "argosy":
            write_content(file, {**header, **entry}, arrays)
        else:
            _write_lines(file, {**entry, **artifact_document(header, arrays)})
    with (path.parent / f".{path.name}.artifact").open("wb") as again:
        _, digest = _taken_out(path, Path(again.name))
    Path(again.name).unlink()
    if digest != exported.trained.artifact:
        hint = "" if form == "argosy" else ": export it as argosy"
        raise ExportInvalid(f"{exported.name} cannot be written as {form} and read again bit for bit{hint}")


def read_export(path: Path, artifact: Path) -> ExportedVersion:
    """What the file says, and its artifact as another file, its digest compared. Raises ImportInvalid."""
    try:
        exported, digest = _taken_out(path, artifact)
    except ArtifactCorrupt as problem:
        raise ImportInvalid(str(problem)) from None
    if digest != exported.trained.artifact:
        named = f"{digest[:12]}…, not {exported.trained.artifact[:12]}…"
        raise ImportInvalid(f"{path}: the model in it has the digest {named}: the file is damaged, or was changed")
    return exported


def document_form(path: Path) -> DocumentForm | None:
    """Which of the two a file seems to be, by how it begins; None where it is neither."""
    with path.open("rb") as file:
        start = file.read(64)
    if is_artifact(start):
        return "argosy"
    return "json" if start.lstrip().startswith(b"{") else None


def _taken_out(path: Path, artifact: Path) -> tuple[ExportedVersion, str]:
    """What the file says, and the digest of the artifact in it, which is written to another file."""
    if document_form(path) == "argosy":
        header, arrays = read_artifact(path)
        exported = _entry(header, path)
        with artifact.open("wb") as file:
            write_content(file, header, arrays)
    else:
        document = _document(path)
        exported = _entry(document, path)
        header, written = artifact_parts(document)
        with artifact.open("wb") as file:
            write_content(file, header, written)
    with artifact.open("rb") as file:
        return exported, hashlib.file_digest(file, "sha256").hexdigest()


def _document(path: Path) -> dict[str, Any]:
    if (size := path.stat().st_size) > JSON_FILE_BYTES:
        raise ImportInvalid(f"{path}: {size:,} bytes; a document has at most {JSON_FILE_BYTES:,}")
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ImportInvalid(f"{path}: no JSON document of a model: {problem}") from None


def _entry(header: dict[str, Any], path: Path) -> ExportedVersion:
    """Taken out of the header."""
    given = header.pop(EXPORTED_ENTRY, None)
    if given is None:
        raise ImportInvalid(f"{path}: it holds no version: argosy models export REF {path.name} writes one")
    number = given.get("format") if isinstance(given, Mapping) else None
    if isinstance(number, int) and number > FORMAT:
        raise ImportInvalid(f"{path}: format {number}, and this Argosy reads up to {FORMAT}: upgrade it")
    try:
        return msgspec.convert(given, ExportedVersion)
    except msgspec.ValidationError as problem:
        raise ImportInvalid(f"{path}: what it says of its version is damaged: {problem}") from None


def _write_lines(file: Any, document: Mapping[str, Any]) -> None:
    """One entry a line, and what is said of the version on several."""
    for place, (name, value) in enumerate(document.items()):
        text = msgspec.json.encode(value)
        text = msgspec.json.format(text, indent=2) if name == EXPORTED_ENTRY else text
        file.write(b"{\n" if place == 0 else b",\n")
        file.write(msgspec.json.encode(name) + b": " + text)
    file.write(b"\n}\n")
