"""A file of a model that comes into a project: a version exported elsewhere, or a model that was trained elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from argosy.backends import Backends
from argosy.datasets.file_options import Spelled, as_argument
from argosy.errors import ImportInvalid
from argosy.models.runtimes.python_class import is_python_class
from argosy.models.runtimes.saved_model import is_saved_model
from argosy.models.runtimes.text_classifier import is_text_classifier
from argosy.models.saved_model import MODEL as SAVED_MODEL
from argosy.training.given_signature import OWN
from argosy.training.import_formats import REMOTE, TENSORS
from argosy.training.importing import ImportedVersion, import_model
from argosy.training.tensor_importing import ImportedTensorsVersion, import_tensors
from argosy.transfer.exported import document_form
from argosy.transfer.mlflow_folder import DESCRIPTION, flavor_file, signed_input
from argosy.transfer.taking import TakenVersion, take_version
from argosy.types import Progress

SUFFIXES: Final = {
    ".onnx": "onnx",
    ".skops": "skops",
    ".joblib": "joblib",
    ".pickle": "pickle",
    ".pkl": "pickle",
    ".pmml": "pmml",
    ".lgb": "lightgbm",
    ".ubj": "xgboost",
    ".xgb": "xgboost",
}
"""What names say of files that do not say it themselves."""
HEAD_BYTES: Final = 4096
BEGINNINGS: Final = {
    "lightgbm": re.compile(rb"\Atree\r?\nversion="),
    "pmml": re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?s:.{0,4000}?)PMML[\s>]"),
    "xgboost": re.compile(rb"\A\{(?:L\0{7}\x07|\s*\")learner"),
}


def import_file(
    backends: Backends,
    path: Path | str,
    form: str = "",
    name: str = "",
    *,
    takes: str = "",
    dataset: str = "",
    classes: Sequence[str] = (),
    trusted: Sequence[str] = (),
    allow_pickle: bool = False,
    signature: str = "",
    report_progress: Progress = lambda _: None,
    spelled: Spelled = as_argument,
) -> ImportedVersion | TakenVersion | ImportedTensorsVersion:
    """Make a file, a folder, or the model at an address a version.

    One that was exported says all itself, otherwise `name` is needed. `form` is recognised where it is not said. With
    a `signature` the model answers tensors. Raises ImportInvalid, and what `import_model`, `import_tensors` and
    `take_version` do.
    """
    if isinstance(path, str):
        if form not in ("", REMOTE):
            raise ImportInvalid(
                f"{path}: a model on another server is asked as it is: leave out {spelled('format', form)}"
            )
        form = REMOTE
    elif form in ("", "mlflow") and (path.is_dir() or path.name == SAVED_MODEL):
        path, form, signed = _in_folder(path, form)
        takes = takes or signed
    form = form or (recognised(path) if isinstance(path, Path) else "")
    if form in ("argosy", "json") and isinstance(path, Path):
        given = {"takes": takes, "dataset": dataset, "classes": ",".join(classes), "signature": signature}
        if unused := next((spelled(option, value) for option, value in given.items() if value), ""):
            raise ImportInvalid(f"{path}: a version that was exported says what it takes: leave out {unused}")
        return take_version(backends, path, name, trusted=trusted, allow_pickle=allow_pickle, spelled=spelled)
    if not form:
        raise ImportInvalid(f"{path}: its format is unknown: {spelled('format', 'onnx')} names it, or another")
    if not name:
        raise ImportInvalid(f"{path}: {spelled('as', 'MODEL')} says which model it is to be a version of")
    if form in TENSORS:
        signature = signature or OWN
    if signature:
        given = {"takes": takes, "dataset": dataset, "classes": ",".join(classes)}
        if unused := next((spelled(option, value) for option, value in given.items() if value), ""):
            raise ImportInvalid(f"{path}: a model with a signature has no labels and is not scored: leave out {unused}")
        return import_tensors(backends, path, form, name, signature, allow_pickle, report_progress, spelled)
    return import_model(
        backends,
        path,
        form,
        name,
        takes=takes,
        dataset=dataset or "all",
        classes=classes,
        trusted=trusted,
        allow_pickle=allow_pickle,
        report_progress=report_progress,
        spelled=spelled,
    )


def _in_folder(path: Path, form: str) -> tuple[Path, str, str]:
    """The file or folder to import, its format, and the input that the folder states, if it does."""
    if not form and is_text_classifier(path):
        return path, "huggingface", ""
    if not form and is_python_class(path) and not (path / DESCRIPTION).exists():
        return path, "python", ""
    folder = path.parent if path.name == SAVED_MODEL else path
    if not form and is_saved_model(folder) and not (folder / DESCRIPTION).exists():
        return folder, "savedmodel", ""
    file, found = flavor_file(path)
    return file, found, "" if found == "argosy" else signed_input(path)


def recognised(path: Path) -> str:
    """The format by the file's first bytes, else by its name; empty where neither says."""
    if not path.is_file():
        raise ImportInvalid(f"{path}: there is no such file")
    return _by_beginning(path) or document_form(path) or SUFFIXES.get(path.suffix.lower(), "")


def _by_beginning(path: Path) -> str:
    """Of formats that say at their beginning what they are, whatever the file's name."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return next((form for form, pattern in BEGINNINGS.items() if pattern.search(head)), "")
