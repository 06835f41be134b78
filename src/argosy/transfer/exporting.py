"""Exports a version to a file: written next to its place, read back, and only then renamed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from argosy import clock
from argosy.backends import Backends
from argosy.errors import ExportInvalid, PathInvalid, nearest
from argosy.jobs.selection import resolve_version, trained_of
from argosy.models.adapted_model import AdaptedModel
from argosy.paths import FILE_MODE, close_to_others
from argosy.processes import current_user
from argosy.store import kept, kept_code
from argosy.store.trained import Trained, Version
from argosy.transfer.exported import FORMAT, ExportedVersion, write_export
from argosy.transfer.mlflow_folder import write_folder
from argosy.version import __version__

ExportForm = Literal["argosy", "json", "onnx", "mlflow"]
FORMS: Final[tuple[str, ...]] = get_args(ExportForm)
IN_NO_GRAPH: Final = ("the training environment, and a form to train on from: export it as argosy for these",)


@dataclass(frozen=True)
class Exported:
    """What was written; `omitted` says in a line each what the file does not have."""

    path: Path
    form: str
    name: str
    artifact: str
    size_bytes: int
    omitted: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        found = {"file": str(self.path), "format": self.form, "version": self.name, "artifact": self.artifact}
        return {**found, "bytes": self.size_bytes, "omitted": list(self.omitted)}


def export_version(
    backends: Backends, reference: str, path: Path, form: str = "argosy", *, force: bool = False, forced: str = "force"
) -> Exported:
    """Write a version, or the result of a label, to a file. `forced` is how a message writes the option.

    Raises ExportInvalid, PathInvalid, ModelNotFound, VersionNotFound, ArtifactCorrupt.
    """
    if form not in FORMS:
        raise ExportInvalid(f"there is no format '{form}'{nearest(form, FORMS)}; there are: {', '.join(FORMS)}")
    exported = exported_version(backends, reference)
    artifact = backends.artifacts.fetch(exported.trained.artifact)
    backends.load_plugins()
    with new_place(path, forced, force=force) as place:
        if form == "onnx":
            place.write_bytes(pair_graph(artifact, exported))
        elif form == "mlflow":
            write_folder(place, artifact, exported, AdaptedModel.load(artifact).adapter.reads)
        else:
            write_export(place, artifact, exported, form)
    omitted = (*_not_in(form, exported), *_omitted(backends, exported.trained))
    size = sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size
    return Exported(path, form, exported.name, exported.trained.artifact, size, omitted)


def pair_graph(artifact: Path, exported: ExportedVersion) -> bytes:
    """The pair as ONNX; raises ExportInvalid, ExtraMissing."""
    from argosy.models.onnx_graphs.model import to_onnx

    trained = exported.trained
    about = {
        "version": exported.name,
        "project": exported.project,
        "label": trained.label,
        "artifact": trained.artifact,
        "trained_at": clock.format_time(trained.trained_at),
        "exported_by": exported.by,
        "exported_at": exported.at,
        "definition": trained.definition,
        "metrics": trained.metrics,
        "tags": exported.tags,
        "mark": exported.mark,
        "decisions": msgspec.to_builtins(exported.decisions),
    }
    try:
        return to_onnx(AdaptedModel.load(artifact), about)
    except ExportInvalid as problem:
        others = [one for one in FORMS if one != "onnx"]
        raise ExportInvalid(
            f"{exported.name} is not written as onnx: {problem}: export it as {', '.join(others[:-1])} or {others[-1]}"
        ) from None


def exported_version(backends: Backends, reference: str) -> ExportedVersion:
    """What is said of a version outside of its project."""
    trained = trained_of(backends.plans, reference)
    version = None if reference == trained.label else resolve_version(backends.plans, reference)
    return ExportedVersion(
        format=FORMAT,
        trained=trained,
        model=version.model if version else "",
        number=version.number if version else 0,
        aliases=list(version.aliases) if version else [],
        tags=_tags(backends, version) if version else {},
        mark=version.mark if version else "",
        project=backends.settings.name,
        by=current_user(),
        at=clock.format_time(clock.now()),
        argosy=__version__,
        decisions=version.decisions.steps if version else (),
    )


@contextmanager
def new_place(path: Path, forced: str = "force", *, force: bool = False) -> Iterator[Path]:
    """A path to write a file or a folder to, which takes its name when the block ends well; else nothing is left.

    Raises ExportInvalid where something has the name already, unless it may be replaced by another of its kind.
    """
    if not path.parent.is_dir():
        raise PathInvalid(f"{path}: there is no such folder")
    there = path.exists() or path.is_symlink()
    if there and not force:
        raise ExportInvalid(f"{path} exists: {forced} replaces it")
    try:
        staging = Path(tempfile.mkdtemp(prefix=".argosy-", dir=path.parent))
    except OSError as error:
        raise PathInvalid(f"{path}: its folder cannot be written to: {error.strerror}") from None
    try:
        place = staging / path.name
        yield place
        if there and (path.is_symlink() or path.is_dir() != place.is_dir() or not (path.is_file() or path.is_dir())):
            kinds = "a folder" if place.is_dir() else "a file"
            raise ExportInvalid(f"{path} exists and is not {kinds}: give another name")
        if place.is_dir():
            close_to_others(place)
            if there:
                path.rename(staging / "before")
        else:
            place.chmod(FILE_MODE)
        place.rename(path)
    except OSError as error:
        error.filename = str(path)  # such as of a full disk: not the name that it had for the time being
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _tags(backends: Backends, version: Version) -> dict[str, str]:
    with backends.database.read() as transaction:
        return kept.tags_of(transaction, version.model).get(version.number, {})


def _not_in(form: str, exported: ExportedVersion) -> Iterator[str]:
    if form == "onnx":
        yield from IN_NO_GRAPH
        if exported.decisions:
            yield "its decisions, of which the graph's metadata tells: it gives the model's own answers"


def _omitted(backends: Backends, trained: Trained) -> tuple[str, ...]:
    """What is kept with a version and does not fit into one file of a model."""
    found = []
    if kept_code.kept_code_of(backends.store, trained.label) is not None:
        found.append(
            "the code of its plug-ins: argosy models code --to FOLDER writes it, and the other project needs it"
        )
    with backends.database.read() as transaction:
        files = [one.name for one in kept.kept_files(transaction, trained.label) if one.kind == "attachment"]
        curves = kept.kept_curves(transaction, trained.label)
    if files or curves:
        found.append("attached files and logged curves: argosy models files writes them")
    return tuple(found)
