"""A whole pair as one graph, compared with the pair before anybody gets it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from argosy.errors import ExportInvalid, ExtraMissing
from argosy.models.adapted_model import AdaptedModel
from argosy.models.answer_kinds import VALUE
from argosy.models.graph_note import PROPERTY, GraphNote
from argosy.models.inputs import is_lone_text
from argosy.models.onnx_graphs.encodings import encode_node, probes
from argosy.models.onnx_graphs.graph import Graph
from argosy.models.onnx_graphs.scores import answer_node
from argosy.models.runtime import Declared
from argosy.models.served import largest_difference

AGREEMENT: Final = 1e-5
PROBES: Final = 64
KINDS: Final = {"text": str, "category": str, "number": float}


def to_onnx(model: AdaptedModel, about: dict[str, Any]) -> bytes:
    """The pair's graph; raises ExportInvalid where it cannot be one, or does not agree with the pair."""
    reads, graph = model.adapter.reads, Graph()
    lone = is_lone_text(reads)
    inputs = {name: graph.take(name, KINDS[kind], None if lone else 1) for name, kind in reads.items()}
    if not lone:
        inputs = {name: graph.flat(value) for name, value in inputs.items()}
    found = answer_node(graph, model.estimator, encode_node(graph, model.adapter, inputs))
    thresholds = model.estimator.answered_from
    name = "probabilities" if model.estimator.has_probabilities else "scores"
    if model.estimator.answers_numbers:
        name = VALUE
    elif thresholds is None:
        best = graph.add("ArgMax", found, axis=1, keepdims=0)
        label = graph.add("Gather", graph.constant(np.array(model.classes, object)), best)
        graph.give("label", label, str)
    else:
        is_answered = graph.add("GreaterOrEqual", found, graph.constant(thresholds))
        graph.give("answered", is_answered, bool, len(model.classes))
    graph.give(name, found, float, len(model.classes))
    note = GraphNote(
        model.classes,
        model.estimator.has_probabilities,
        next(iter(reads)) if lone else "",
        {} if lone else dict(reads),
        None if thresholds is None else thresholds.tolist(),
        about,
    )
    try:
        content = graph.to_bytes({PROPERTY: msgspec.json.encode(note).decode()})
    except ValueError as problem:
        raise ExportInvalid(f"its graph has {problem}") from None
    difference = _difference(model, content, name, note)
    if not difference <= AGREEMENT:
        raise ExportInvalid(f"its graph answers otherwise than it does, by {difference:.2g}")
    return content


def _difference(model: AdaptedModel, content: bytes, output: str, note: GraphNote) -> float:
    """The largest difference on inputs made of what the adapter knows."""
    try:
        import onnxruntime
    except ImportError:
        raise ExtraMissing("onnxruntime", "export", "the format onnx") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    asked = probes(model.adapter, PROBES)
    declared = Declared("" if note.fields else note.text, note.fields)
    rows = [declared.row(item) for item in asked]
    if note.fields:
        columns = zip(*rows, strict=True)
        feeds = {
            name: np.array([[_fed(value)] for value in column], float if kind == "number" else object)
            for (name, kind), column in zip(note.fields.items(), columns, strict=True)
        }
    else:
        feeds = {note.text: np.array(rows, object)}
    expected = model.scores(asked)
    scale = max(1.0, float(np.abs(expected).max())) if model.estimator.answers_numbers else 1.0
    return largest_difference(session.run([output], feeds)[0], expected) / scale


def _fed(value: Any) -> Any:
    return "" if value is None else value
