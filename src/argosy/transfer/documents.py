"""What the store says of its models over HTTP, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

import msgspec
import numpy as np

from argosy.errors import ArtifactCorrupt
from argosy.models.artifact_format import ArrayReader, ArrayWriter
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.models.packing import Array
from argosy.store.trained import Trained, Version

ARRAY: Final = frozenset(("dtype", "shape", "at"))
"""The keys of what stands for an array in an artifact's header."""
WRITTEN_ARRAY: Final = frozenset(("dtype", "shape", "values"))
"""And in its document."""


class VersionDocument(msgspec.Struct, frozen=True):
    """A version, as a list of them has it."""

    model: str
    number: int
    label: str
    artifact: str
    """The SHA-256 of the artifact, under which `/store/artifacts/` has it."""
    created_at: float
    aliases: list[str]
    mark: str = ""
    """Why it is not to be promoted; empty: nothing against it."""
    decisions: Decisions = NO_DECISIONS
    """What is made of its answers before they are given."""


class ModelDocument(msgspec.Struct, frozen=True):
    name: str
    versions: list[VersionDocument]


class ModelsDocument(msgspec.Struct, frozen=True):
    models: list[ModelDocument]


class TrainedDocument(msgspec.Struct, frozen=True):
    """A version with all that is known of how it was made."""

    version: VersionDocument
    definition: Mapping[str, Any]
    dataset_digest: str
    size_bytes: int
    metrics: Mapping[str, Any]
    fit_seconds: float
    form: Mapping[str, Any]
    environment: Mapping[str, Any]
    parent: str | None
    trained_at: float


def version_document(version: Version) -> VersionDocument:
    return VersionDocument(
        version.model,
        version.number,
        version.label,
        version.artifact,
        version.created_at,
        list(version.aliases),
        version.mark,
        version.decisions,
    )


def models_document(versions: Sequence[Version]) -> ModelsDocument:
    by_model: dict[str, list[VersionDocument]] = {}
    for version in versions:
        by_model.setdefault(version.model, []).append(version_document(version))
    return ModelsDocument([ModelDocument(name, found) for name, found in sorted(by_model.items())])


def trained_document(version: Version, trained: Trained) -> TrainedDocument:
    return TrainedDocument(
        version_document(version),
        trained.definition,
        trained.dataset_digest,
        trained.size_bytes,
        trained.metrics,
        trained.fit_seconds,
        trained.form,
        trained.environment,
        trained.parent,
        trained.trained_at,
    )


def artifact_document(header: Mapping[str, Any], arrays: ArrayReader) -> dict[str, Any]:
    """An artifact's header, where each array is {dtype, shape, values}, its values in C's order.

    A value that is no number of JSON's stands as the text `nan`, `inf` or `-inf`.
    """

    def shown(value: Any) -> Any:
        if isinstance(value, Mapping) and value.keys() == ARRAY:
            array = arrays.get(value)
            return {"dtype": str(array.dtype), "shape": list(array.shape), "values": _values(array)}
        if isinstance(value, Mapping):
            return {name: shown(inner) for name, inner in value.items()}
        return [*map(shown, value)] if isinstance(value, list) else value

    return {name: shown(value) for name, value in header.items()}


def artifact_parts(document: Mapping[str, Any]) -> tuple[dict[str, Any], ArrayWriter]:
    """The header and the arrays that `artifact_document` made a document of; raises ArtifactCorrupt."""
    arrays = ArrayWriter()

    def read(value: Any) -> Any:
        if isinstance(value, Mapping) and value.keys() == WRITTEN_ARRAY:
            array = np.array(value["values"], np.dtype(value["dtype"])).reshape(value["shape"])
            return arrays.put(array)
        if isinstance(value, Mapping):
            return {name: read(inner) for name, inner in value.items()}
        return [*map(read, value)] if isinstance(value, list) else value

    try:
        return {name: read(value) for name, value in document.items()}, arrays
    except (TypeError, ValueError, OverflowError, RecursionError, MemoryError) as problem:
        raise ArtifactCorrupt(f"an array of the document is damaged ({problem})") from None


def _values(array: Array) -> list[Any]:
    found: list[Any] = array.ravel().tolist()
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return found
    return [value if isfinite(value) else repr(value) for value in found]
