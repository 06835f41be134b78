"""TensorFlow's SavedModels, run by TensorFlow on one thread, in a process of their own.

TensorFlow is given the part of the graph that `models/saved_model.py` allows, in the way of TensorFlow Serving: a
session restores the variables, initialises the tables and answers signatures. The model's files are held in memory by
TensorFlow's own file system for that, so that nothing is written to a disk.
"""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from argosy.errors import ExtraMissing, ImportedModelFailed, ImportInvalid
from argosy.models.runtimes.folder_files import pack_files, unpack_files
from argosy.models.saved_model import ASSETS, MODEL, SavedGraph, Tensors, read_saved_model
from argosy.models.signature import Array, Arrays, Signatures

VARIABLES: Final = "variables"
IN_MEMORY: Final = "ram://model"
_KEPT = re.compile(rf"{MODEL}|{VARIABLES}/variables\.(?:index|data-\d+-of-\d+)|{ASSETS}/.+")
_SHAPES = re.compile(r"\b(?:dimension|shape|rank)s?\b", re.IGNORECASE)


def is_saved_model(folder: Path) -> bool:
    return (folder / MODEL).is_file()


def packed_saved_model(folder: Path) -> bytes:
    """Its graph, variables and assets as one. Raises ImportInvalid."""
    if not is_saved_model(folder):
        raise ImportInvalid(f"{folder}: a SavedModel is a folder with the file {MODEL}")
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return pack_files(folder, [path for path in paths if _KEPT.fullmatch(path.relative_to(folder).as_posix())])


class SavedModel:
    """A `TensorRuntime`; raises ImportInvalid, ExtraMissing."""

    def __init__(self, content: bytes) -> None:
        files = unpack_files(content)
        if MODEL not in files:
            raise ImportInvalid(f"the archive of the model's files has no {MODEL}")
        saved = read_saved_model(files[MODEL], files)
        tensorflow = _tensorflow()
        try:
            self._session = _started(tensorflow, saved, files)
            self._calls = {name: _call(self._session, one) for name, one in saved.tensors.items()}
        except Exception as error:  # whatever a damaged file makes it raise
            raise ImportInvalid(f"the SavedModel cannot be loaded: {_cause(error)}") from error
        self.signatures: Signatures = saved.signatures
        self._tensors = saved.tensors

    def run(self, signature: str, inputs: Arrays) -> Arrays:
        try:
            found = self._calls[signature](*(inputs[name] for name in self._tensors[signature].inputs))
        except Exception as error:
            raise ImportedModelFailed(f"the imported model failed: {_cause_of_rows(error)}") from error
        return {name: _array(one) for name, one in zip(self._tensors[signature].outputs, found, strict=True)}


def _tensorflow() -> Any:
    """The library, which tries to write files when it is imported: here they belong to an empty folder, and fail."""
    os.environ["KERAS_HOME"] = tempfile.tempdir = os.getcwd()  # noqa: PTH109
    try:
        import tensorflow
    except ImportError:
        raise ExtraMissing("tensorflow", "tensorflow", "a SavedModel") from None
    return tensorflow


def _started(tensorflow: Any, saved: SavedGraph, files: Mapping[str, bytes]) -> Any:
    """A session in which the variables have their values and the tables are filled."""
    v1 = tensorflow.compat.v1
    graph = v1.Graph()
    with graph.as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorflow.graph_util.import_graph_def(v1.GraphDef.FromString(saved.graph), name="")
    settings = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    session = v1.Session(graph=graph, config=settings)
    for name, content in files.items():
        if name != MODEL:
            with tensorflow.io.gfile.GFile(f"{IN_MEMORY}/{name}", "wb") as file:
                file.write(content)
    if saved.restore:
        session.run(_operation(graph, saved.restore), {saved.restore_path: f"{IN_MEMORY}/{VARIABLES}/variables"})
    if saved.initialize:
        assets = {tensor: f"{IN_MEMORY}/{name}" for tensor, name in saved.assets.items() if _has(graph, tensor)}
        session.run(_operation(graph, saved.initialize), assets)
    return session


def _call(session: Any, tensors: Tensors) -> Callable[..., list[Any]]:
    """What takes the inputs in the order of `tensors` and gives the outputs in theirs."""
    call: Callable[..., list[Any]] = session.make_callable(
        fetches=list(tensors.outputs.values()), feed_list=list(tensors.inputs.values())
    )
    return call


def _operation(graph: Any, name: str) -> Any:
    return graph.get_operation_by_name(name.split(":", 1)[0])


def _has(graph: Any, tensor: str) -> bool:
    """Whether a tensor is in the part of the graph that is run."""
    return tensor.split(":", 1)[0] in {one.name for one in graph.get_operations()}


def _array(value: Any) -> Array:
    """Texts as objects of `bytes`, also where there is one without dimensions."""
    return np.asarray(value, object) if isinstance(value, bytes) else np.asarray(value)


def _cause(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _cause_of_rows(error: BaseException) -> str:
    """The cause where it is about shapes, else the operation alone: anything else may have a row's value in it."""
    message = str(getattr(error, "message", "")).strip()
    first = message.splitlines()[0][:300] if message else ""
    if _SHAPES.search(first) and "value" not in first.lower():
        return f"{type(error).__name__}: {first}"
    operation = getattr(getattr(error, "op", None), "type", "")
    return type(error).__name__ + (f" in {operation}" if operation else "")
