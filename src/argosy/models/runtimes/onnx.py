"""ONNX graphs, run by ONNX Runtime on one thread.

One input takes all that is declared, texts or numbers; several take a field each, by name. Of the outputs the
probabilities are taken, as a tensor or as a map a row, else the labels.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from argosy.errors import ExtraMissing, ImportedModelFailed, ImportInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.graph_note import PROPERTY
from argosy.models.runtime import Answers, Declared, ModelRow, class_name, one_hot
from argosy.models.self_contained import why_not_self_contained

TYPES: Final[dict[str, Any]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(string)": object,
}


AT_ONCE: Final = 64
"""Rows of a graph of ours: it holds every n-gram of all of them at once."""
_SAID = 400
_NUMBER = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_PLACE = re.compile(r"/\S+:\d+ .*?\)(?: const)? ")
_SHAPES = re.compile(r"\b(?:dimension|shape|rank)s?\b|Expected: \d", re.IGNORECASE)
_OPERATOR = re.compile(r"while running (\w+) node")


class Onnx:
    """`classes` are those to say labels by, where the graph answers with labels alone."""

    def __init__(self, content: bytes, declared: Declared, classes: Sequence[str]) -> None:
        self._session, self._declared = open_session(content), declared
        self._inputs = self._session.get_inputs()
        for one in self._inputs:
            _check_input(one, declared, len(self._inputs))
        self._output = _output(self._session.get_outputs())
        self._is_ours = PROPERTY in self._session.get_modelmeta().custom_metadata_map
        named = list(classes) or self._map_classes() or _graph_classes(content)
        self.classes = named or ([VALUE] if _is_number(self._session.get_outputs()) else [])

    def answers(self, rows: Sequence[ModelRow]) -> Answers:
        if any(one.shape and one.shape[0] == 1 for one in self._inputs):
            return np.concatenate([self._run([row]) for row in rows])
        if self._is_ours:
            return np.concatenate([self._run(rows[at : at + AT_ONCE]) for at in range(0, len(rows), AT_ONCE)])
        return self._run(rows)

    def _run(self, rows: Sequence[ModelRow]) -> Answers:
        found = self._asked(rows)
        if isinstance(found, list):
            keys = list(found[0])
            return np.array([[row[key] for key in keys] for row in found], np.float64)
        if self.classes != [VALUE] and (found.ndim == 1 or not np.issubdtype(found.dtype, np.floating)):
            return one_hot(found.reshape(len(rows)).tolist(), self.classes)
        return np.asarray(found.reshape(len(rows), -1), np.float64)

    def _asked(self, rows: Sequence[ModelRow]) -> Any:
        try:
            return self._session.run([self._output], self._feeds(rows))[0]
        except Exception as error:
            declared = f"{len(self._declared.fields) or 1} declared"
            raise ImportedModelFailed(f"the imported model failed: {cause_of_rows(error)} ({declared})") from error

    def _feeds(self, rows: Sequence[ModelRow]) -> dict[str, Any]:
        if len(self._inputs) == 1:
            one = self._inputs[0]
            table = np.array(list(rows), TYPES[one.type])
            return {one.name: table.reshape(len(rows), *_sizes(one.shape)) if len(one.shape) > 1 else table}
        names = list(self._declared.fields)
        return {one.name: self._column([row[names.index(one.name)] for row in rows], one) for one in self._inputs}

    def _column(self, values: list[Any], one: Any) -> Any:
        if self._is_ours and one.type == "tensor(string)":
            values = [value or "" for value in values]  # a missing category; others may know of none
        return np.array(values, TYPES[one.type]).reshape((len(values),) + (1,) * (len(one.shape) - 1))

    def _map_classes(self) -> list[str]:
        """Of a graph that answers with maps: their keys."""
        if not next(one.type for one in self._session.get_outputs() if one.name == self._output).startswith("seq(map"):
            return []
        row: ModelRow = [0.0 if kind == "number" else "" for kind in self._declared.fields.values()]
        return [class_name(key) for key in self._asked([row if self._declared.fields else "text"])[0]]


def open_session(content: bytes) -> Any:
    """Of a graph that holds all its data; raises ImportInvalid, ExtraMissing."""
    if problem := why_not_self_contained(content):
        raise ImportInvalid(f"the file cannot be read as ONNX: {problem}")
    try:
        import onnxruntime
    except ImportError:
        raise ExtraMissing("onnxruntime", "import", "a model in ONNX's format") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # whatever a damaged file makes it raise
        raise ImportInvalid(f"the file cannot be read as ONNX: {cause_of(error)}") from error


def cause_of(error: BaseException) -> str:
    """What ONNX Runtime says, without its error number and the place in its own source, which come first."""
    text = _PLACE.sub("", _NUMBER.sub("", " ".join(str(error).split()), count=1), count=1)
    return f"{type(error).__name__}: {text[:_SAID]}" if text else type(error).__name__


def cause_of_rows(error: BaseException) -> str:
    """The cause where it is about shapes, else the operator alone: anything else may have a row's value in it."""
    cause = cause_of(error)
    if _SHAPES.search(cause):
        return cause
    operator = _OPERATOR.search(cause)
    return type(error).__name__ + (f" in {operator[1]}" if operator else "")


def _check_input(one: Any, declared: Declared, inputs: int) -> None:
    takes = f"the model's input '{one.name}' is a {one.type} of shape {one.shape}"
    is_deep = len(one.shape) > 2
    if one.type not in TYPES or (is_deep and not all(isinstance(size, int) for size in one.shape[1:])):
        raise ImportInvalid(f"{takes}: rows of a text or of fields have a fixed number of columns, or one")
    if inputs > 1:
        if one.name not in declared.fields:
            raise ImportInvalid(f"{takes}: declare a field of that name")
        return
    is_text = one.type == "tensor(string)"
    if is_text != (not declared.fields or "number" not in declared.fields.values()):
        raise ImportInvalid(f"{takes}, and {'texts are' if not declared.fields else 'fields are'} declared")
    width = math.prod(one.shape[1:]) if is_deep else one.shape[1] if len(one.shape) == 2 else 1
    columns = len(declared.fields) or 1
    if isinstance(width, int) and width != columns:
        given = f"{columns} {'is' if columns == 1 else 'are'} declared"
        raise ImportInvalid(f"{takes}: it takes {width} fields, and {given}")


def _sizes(shape: Sequence[Any]) -> list[int]:
    """Of the dimensions after the rows: a free one takes what there is."""
    return [size if isinstance(size, int) else -1 for size in shape[1:]]


def _is_number(outputs: Sequence[Any]) -> bool:
    """Whether the only output is a number for each row."""
    if len(outputs) != 1 or not outputs[0].type.startswith(("tensor(float", "tensor(double")):
        return False
    return len(outputs[0].shape) == 1 or outputs[0].shape[1:] == [1]


def _output(outputs: Sequence[Any]) -> str:
    """The name of the one that says most."""
    for wanted in ("seq(map", "tensor(float)", "tensor(double)", "tensor"):
        for one in outputs:
            if one.type.startswith(wanted):
                return str(one.name)
    raise ImportInvalid(f"none of the model's outputs is a table: {', '.join(one.type for one in outputs)}")


def _graph_classes(content: bytes) -> list[str]:
    """The labels that a node of the graph names, where the package that reads them is installed."""
    try:
        import onnx
    except ImportError:
        return []
    for node in reversed(onnx.load_from_string(content).graph.node):
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels_") and (attribute.strings or attribute.ints):
                return [class_name(one) for one in (attribute.strings or attribute.ints)]
    return []
