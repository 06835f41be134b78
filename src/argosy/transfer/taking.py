"""Imports a version that another project exported, unchanged: its figures, its definition and its history.

It keeps its label, so that the same file is one version however often it comes, and the dataset's digest of the
project that it was trained in, whose rows are not here: it is ranked by itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy import clock
from argosy.backends import Backends
from argosy.datasets.file_options import Spelled, as_argument
from argosy.definitions import Spec
from argosy.definitions.plan import model_name
from argosy.errors import ArgosyError, ArtifactCorrupt, ImportInvalid, PluginNotFound
from argosy.models.adapted_model import AdaptedModel
from argosy.models.artifact_format import read_artifact
from argosy.processes import current_user
from argosy.store import kept, marks
from argosy.store.decided import decisions_of, put_decisions
from argosy.store.trained import Trained, Version
from argosy.transfer.exported import ExportedVersion, read_export

PICKLED: Final = ("joblib", "pickle", "python")
_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class _Specs(msgspec.Struct):
    dataset: Spec
    adapter: Spec
    model: Spec


class _Environment(msgspec.Struct):
    packages: dict[str, str]
    python: str
    git_revision: str | None
    plugins: dict[str, str] = {}
    features: dict[str, str] = {}


class _Form(msgspec.Struct):
    name: str
    difference: float


class _Confusion(msgspec.Struct):
    labels: list[str] = []
    matrix: list[list[int]] = []
    per_label: list[tuple[int, int, int]] = []
    thresholds: list[float] = []
    biases: dict[str, float] = {}


_READ: Final[dict[str, type]] = {
    "definition": _Specs,
    "environment": _Environment,
    "form": _Form,
    "confusion": _Confusion,
}
"""What others take for granted of a result."""


@dataclass(frozen=True)
class TakenVersion:
    """`came_from` is the version's name in the project that exported it."""

    version: Version
    is_new: bool
    came_from: str
    project: str
    metrics: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        found = {"version": self.version.reference, "label": self.version.label, "new": self.is_new}
        return {**found, "from": self.came_from, "project": self.project, "metrics": self.metrics}


def take_version(
    backends: Backends,
    path: Path,
    name: str = "",
    *,
    trusted: Collection[str] = (),
    allow_pickle: bool = False,
    spelled: Spelled = as_argument,
) -> TakenVersion:
    """Make the version in a file a version of the model, by default of the model that it was a version of.

    `spelled` is how a message writes an option. Raises ImportInvalid, PluginNotFound, ExtraMissing, DefinitionInvalid.
    """
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        artifact = Path(folder) / "artifact"
        exported = read_export(path, artifact)
        model = model_name(name or exported.model or backends.settings.name)
        _check_record(path, exported.trained)
        if why := _needs_leave(artifact, trusted, allow_pickle, spelled):
            raise ImportInvalid(f"{path}: {why}")
        backends.load_plugins()
        _check_answers(path, artifact)
        put = backends.store.put_artifact(artifact)
    trained = _as_trained_elsewhere(exported, path)
    with backends.database.write() as transaction:
        is_new = backends.store.record(transaction, trained, put)
        if not is_new and (here := backends.store.result(transaction, trained.label).artifact) != trained.artifact:
            found = f"{trained.artifact[:12]}… in the file, {here[:12]}… here"
            raise ImportInvalid(f"{path}: the label {trained.label} has another artifact here ({found})")
        number = backends.store.add_version(transaction, model, trained.label)
        for tag, value in exported.tags.items():
            kept.tag_version(transaction, model, number, tag, value)
        if exported.decisions and not decisions_of(transaction, model, number).revision:  # of one that is new here
            why = f"as exported with {exported.name}"
            put_decisions(transaction, model, number, exported.decisions, by=current_user(), reason=why)
        if exported.mark:
            marks.mark_result(transaction, trained.label, exported.mark, current_user())
    version = backends.store.stored_version(f"{model}@{number}")
    return TakenVersion(version, is_new, exported.name, exported.project, trained.metrics)


def _as_trained_elsewhere(exported: ExportedVersion, path: Path) -> Trained:
    """The result with where it came from; what it says of itself stays."""
    trained = exported.trained
    origin = {
        "file": path.name,
        "format": "argosy",
        "sha256": trained.artifact,
        "by": current_user(),
        "at": clock.format_time(clock.now()),
        "version": exported.name,
        "project": exported.project,
        "exported_by": exported.by,
        "exported_at": exported.at,
        "trained_at": clock.format_time(trained.trained_at),
        "argosy": exported.argosy,
    }
    if before := trained.environment.get("imported"):
        origin["before"] = before
    return replace(trained, environment={**trained.environment, "imported": origin})


def _check_answers(path: Path, artifact: Path) -> None:
    """Raise unless the model can be opened here."""
    try:
        AdaptedModel.load(artifact).served()
    except ArtifactCorrupt as problem:
        raise ImportInvalid(f"{path}: {problem}") from None
    except PluginNotFound as problem:
        raise ImportInvalid(f"{path}: {problem}: add the module of the plug-in to plugins: in argosy.yaml") from None
    except OSError as problem:
        raise ArgosyError(f"{path}: the model cannot be opened: {problem}") from None


def _check_record(path: Path, trained: Trained) -> None:
    """Raise ImportInvalid where the result is not as any that was trained."""
    for name, kind in _READ.items():
        try:
            msgspec.convert(getattr(trained, name), kind)
        except msgspec.ValidationError as problem:
            raise ImportInvalid(f"{path}: its {name} is damaged: {problem}") from None
    if not _LABEL.fullmatch(trained.label) or not _DIGEST.fullmatch(trained.dataset_digest):
        raise ImportInvalid(f"{path}: its label or its dataset's digest is damaged")


def _needs_leave(artifact: Path, trusted: Collection[str], allow_pickle: bool, spelled: Spelled) -> str:
    """Why a model inside may not be opened: a pickle, or a skops file that names types; empty where it may."""
    for options in _imported_inside(read_artifact(artifact)[0]):
        form, types = options.get("format"), sorted({*options.get("trusted", ())} - {*trusted})
        if form in PICKLED and not allow_pickle:
            leave = spelled("allow_pickle", "")
            return f"a {form} file is inside, and to open it is to run what it says: if you trust it, {leave}"
        if types:
            leave = spelled("trusted", types[0])
            return f"the skops file inside has types that are not trusted: {leave} lets the first in of {len(types)}"
    return ""


def _imported_inside(value: Any) -> Iterator[Mapping[str, Any]]:
    """The options of every imported model in an artifact's header, those of an ensemble's members too."""
    if isinstance(value, list):
        for inner in value:
            yield from _imported_inside(inner)
    elif isinstance(value, Mapping):
        if value.get("name") in ("imported", "imported_tensors") and isinstance(value.get("options"), Mapping):
            yield value["options"]
        for inner in value.values():
            yield from _imported_inside(inner)
