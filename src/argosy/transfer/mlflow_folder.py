"""Folders in MLflow's format: ours, which hold an `argosy` file and are loaded by `mlflow_model`, and what others have.

Nothing of MLflow is needed to write or to read one. `MLmodel` is written as JSON, which is YAML too.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy import clock
from argosy.definitions.yaml_files import read_mapping
from argosy.errors import ArgosyError, ImportInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.artifact_format import read_artifact
from argosy.paths import FILE_MODE, within
from argosy.store.ranking import is_of_numbers
from argosy.transfer.exported import ExportedVersion, write_export
from argosy.types import FieldKind
from argosy.version import __version__

DESCRIPTION, MODEL, REQUIREMENTS, ENVIRONMENT = "MLmodel", "model.argosy", "requirements.txt", "python_env.yaml"
EXAMPLE: Final = "input_example.json"
LOADER: Final = "argosy.transfer.mlflow_model"
TYPES: Final[dict[FieldKind, str]] = {"text": "string", "category": "string", "number": "double"}
EXTRAS: Final = {
    "gradient_boosting": "boosting",
    "sentence_embedding": "embeddings",
    "transformer": "finetuning",
    "word_pieces": "finetuning",
    "imported": "import",
}
"""What a plug-in needs to answer."""
KINDS: Final = {
    **dict.fromkeys(("double", "float", "integer", "long"), "number"),
    **dict.fromkeys(("string", "boolean"), "category"),
}
"""Of a signature's columns."""
WORDS: Final = {"text": "a text", "category": "a category", "number": 1.0}
"""In the example, which contains no user's text."""


class _Column(msgspec.Struct):
    """Of a signature; a tensor's has no such type."""

    type: str
    name: str = ""


def write_folder(folder: Path, artifact: Path, exported: ExportedVersion, reads: Mapping[str, FieldKind]) -> None:
    """Write the folder, which is not there yet; `reads` are the fields that the model reads."""
    folder.mkdir()
    write_export(folder / MODEL, artifact, exported, "argosy")
    columns = [{"type": TYPES[kind], "name": name, "required": kind != "number"} for name, kind in reads.items()]
    example = {"columns": list(reads), "data": [[WORDS[kind] for kind in reads.values()]]}
    extras = sorted({EXTRAS[name] for name in _names(read_artifact(artifact)[0]) if name in EXTRAS})
    package = f"argosy[{','.join(extras)}]" if extras else "argosy"
    python = platform.python_version()
    environment = {"python": python, "build_dependencies": ["pip"], "dependencies": [f"-r {REQUIREMENTS}"]}
    texts = {
        DESCRIPTION: _json(_description(exported, columns, python)),
        REQUIREMENTS: f"{package}=={__version__}\nnumpy\npandas\n",
        ENVIRONMENT: _json(environment),
        EXAMPLE: _json(example),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    for file in folder.iterdir():
        file.chmod(FILE_MODE)


def flavor_file(folder: Path) -> tuple[Path, str]:
    """The file of a model in a folder of MLflow's, and its format. Raises ImportInvalid."""
    if not (folder / DESCRIPTION).is_file():
        raise ImportInvalid(f"{folder}: it is not an MLflow model: it has no file {DESCRIPTION}")
    flavors = read_mapping(folder / DESCRIPTION).get("flavors")
    flavors = flavors if isinstance(flavors, dict) else {}
    for name, key, form in (
        ("argosy", "data", "argosy"),
        ("onnx", "data", "onnx"),
        ("lightgbm", "data", "lightgbm"),
        ("xgboost", "data", "xgboost"),
        ("sklearn", "pickled_model", "pickle"),
    ):
        flavor = flavors.get(name)
        if isinstance(flavor, dict) and isinstance(flavor.get(key), str):
            file = _inside(folder, flavor[key], name)
            return file, "skops" if flavor.get("serialization_format") == "skops" else form
    named = ", ".join(sorted(map(str, flavors)))[:100] or "none"
    raise ImportInvalid(
        f"{folder}: its flavors are {named}; one of argosy, onnx, lightgbm, xgboost and sklearn can be taken"
    )


def signed_input(folder: Path) -> str:
    """The input that a folder's signature states, as an import takes it; empty where it states none by name."""
    signature = read_mapping(folder / DESCRIPTION).get("signature")
    stated = signature.get("inputs") if isinstance(signature, dict) else None
    try:
        columns = msgspec.json.decode(stated, type=list[_Column]) if isinstance(stated, str) else []
    except msgspec.MsgspecError:
        return ""
    kinds = {one.name: KINDS.get(one.type, "") for one in columns}
    if not columns or not all(kinds) or not all(kinds.values()) or len(kinds) < len(columns):
        return ""
    if list(kinds.values()) == ["category"]:
        return f"text:{columns[0].name}"
    return _compact({"fields": kinds})


def _inside(folder: Path, name: str, flavor: str) -> Path:
    try:
        file = within(folder, name)
    except ArgosyError as problem:
        raise ImportInvalid(f"{folder}: {problem}") from None
    if flavor == "onnx" and file.is_dir():
        file = file / "model.onnx"
    if not file.is_file():
        raise ImportInvalid(f"{folder}: the file {name} of its flavor {flavor} is missing")
    return file


def _description(exported: ExportedVersion, columns: list[dict[str, Any]], python: str) -> dict[str, Any]:
    trained = exported.trained
    outputs = [{"type": "string", "name": "label"}, {"type": "double", "name": "confidence"}]
    if is_of_numbers(trained):
        outputs = [{"type": "double", "name": VALUE}]
    about = {"version": exported.name, "project": exported.project, "label": trained.label, "exported_at": exported.at}
    function = {"loader_module": LOADER, "data": MODEL, "python_version": python, "env": {"virtualenv": ENVIRONMENT}}
    return {
        "artifact_path": "model",
        "flavors": {
            "python_function": function,
            "argosy": {"data": MODEL, "artifact": trained.artifact, "argosy_version": __version__, **about},
        },
        "model_uuid": trained.artifact[:32],
        "utc_time_created": clock.format_time(trained.trained_at).replace("T", " ").rstrip("Z"),
        "saved_input_example_info": {"artifact_path": EXAMPLE, "pandas_orient": "split", "type": "dataframe"},
        "signature": {"inputs": _compact(columns), "outputs": _compact(outputs), "params": None},
        "metadata": about,
    }


def _names(value: Any) -> Iterator[str]:
    """The plug-ins in an artifact's header, also inside of others."""
    if isinstance(value, list):
        for inner in value:
            yield from _names(inner)
    elif isinstance(value, Mapping):
        yield from (value[key] for key in ("name", "of") if isinstance(value.get(key), str))
        for inner in value.values():
            yield from _names(inner)


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _json(value: Any) -> str:
    return msgspec.json.format(_compact(value), indent=2) + "\n"
