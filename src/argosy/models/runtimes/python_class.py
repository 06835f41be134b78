"""A model as a class of Python: the folder with its code, `model.py`, and its data, run in a process of its own.

`model.py` has a class `Model`: `load(files)` gets the folder's files, bytes by name, and `predict(rows)` a text or a
dictionary of the declared fields for each row. It answers a row of scores in the order of its attribute `classes`, or a
class each; with the attribute `gives_numbers` a number each. With a declared signature `predict` takes and
gives tensors.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.runtime import Answers, Declared, ModelRow, class_name, one_hot
from argosy.models.runtimes.folder_files import pack_files, unpack_files
from argosy.models.signature import DEFAULT_SIGNATURE, DTYPES, Array, Arrays, Signature, Signatures
from argosy.models.tensor_messages import bytes_array

CODE: Final = "model.py"
CLASS: Final = "Model"
_MODULE = "imported_model"


def is_python_class(folder: Path) -> bool:
    return (folder / CODE).is_file()


def packed_class(folder: Path) -> bytes:
    """All files of the folder as one, the same bytes for the same files. Raises ImportInvalid."""
    if not is_python_class(folder):
        raise ImportInvalid(f"{folder}: a model as a class of Python is a folder with the file {CODE}")
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return pack_files(folder, paths)


class PythonClass:
    """Runs the code when it is made; raises ImportInvalid, and whatever the code does."""

    def __init__(self, content: bytes, declared: Declared, classes: Sequence[str]) -> None:
        self._model, self._fields = _made(content), list(declared.fields)
        named = [class_name(one) for one in getattr(self._model, "classes", ())] or list(classes)
        self.classes = [VALUE] if getattr(self._model, "gives_numbers", False) else named

    def answers(self, rows: Sequence[ModelRow]) -> Answers:
        given: list[Any] = list(rows)
        if self._fields:
            given = [dict(zip(self._fields, row, strict=True)) for row in rows]
        try:
            found = self._model.predict(given)
            if self.classes != [VALUE] and all(isinstance(one, str | bytes) for one in found):
                return one_hot(list(found), self.classes)
            return np.asarray(found, np.float64).reshape(len(rows), -1)
        except Exception as error:
            raise ImportedModelFailed(f"the imported model failed: {type(error).__name__}") from error


class PythonTensors:
    """The same asked by a signature, which the user declares: `predict` takes and gives arrays by name.

    Arrays of BYTES hold objects of `bytes`; what `predict` gives may be anything of which NumPy makes such an array.
    """

    def __init__(self, content: bytes, signature: Signature) -> None:
        self.signatures: Signatures = {DEFAULT_SIGNATURE: signature}
        self._model = _made(content)

    def run(self, signature: str, inputs: Arrays) -> Arrays:
        try:
            found = self._model.predict(dict(inputs))
            return {one.name: _as_declared(found[one.name], one.datatype) for one in self.signatures[signature].outputs}
        except Exception as error:
            raise ImportedModelFailed(f"the imported model failed: {type(error).__name__}") from error


def _made(content: bytes) -> Any:
    """The model, loaded from its files."""
    files = unpack_files(content)
    module = ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    exec(compile(files[CODE], CODE, "exec"), module.__dict__)  # noqa: S102  # what this process is for
    made = getattr(module, CLASS, None)
    if not isinstance(made, type) or not all(callable(getattr(made, name, None)) for name in ("load", "predict")):
        raise ImportInvalid(f"the file {CODE} has no class {CLASS} with load(files) and predict(rows)")
    model = made()
    model.load(files)
    return model


def _as_declared(value: Any, datatype: str) -> Array:
    if datatype != "BYTES":
        return np.asarray(value, DTYPES[datatype])
    found = np.asarray(value, object)
    elements = [one if isinstance(one, bytes) else str(one).encode() for one in found.ravel().tolist()]
    return bytes_array(elements).reshape(found.shape)
