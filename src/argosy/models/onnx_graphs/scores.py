"""Estimators as parts of a graph: from features to what they answer for every class."""

from __future__ import annotations

import numpy as np

from argosy.errors import ExportInvalid
from argosy.models.columns import places
from argosy.models.estimator import Estimator
from argosy.models.estimators.calibrated import Calibrated
from argosy.models.estimators.gradient_boosting import GradientBoosting
from argosy.models.estimators.mlp import Mlp
from argosy.models.estimators.one_vs_rest import OneVsRest
from argosy.models.estimators.stack import Stack
from argosy.models.estimators.svm import Svm
from argosy.models.linear import LinearEstimator
from argosy.models.links import Link
from argosy.models.onnx_graphs.encodings import Entries
from argosy.models.onnx_graphs.graph import Graph, Table
from argosy.models.onnx_graphs.trees import tree_sums


def answer_node(graph: Graph, estimator: Estimator, entries: Entries) -> str:
    """(n, classes): probabilities where there are any, scores, or numbers; raises ExportInvalid without a graph."""
    if isinstance(estimator, Calibrated):
        return _calibrated(graph, estimator, answer_node(graph, estimator.inner, entries))
    if isinstance(estimator, OneVsRest):
        return _one_vs_rest(graph, estimator, entries)
    if isinstance(estimator, GradientBoosting):
        columns = 1 if estimator.classes_ == 2 else estimator.classes_
        if estimator.answers_numbers:
            return tree_sums(graph, estimator, entries, columns)
        return _probabilities(graph, tree_sums(graph, estimator, entries, columns), "softmax", columns)
    if isinstance(estimator, Mlp):
        return _mlp(graph, estimator, entries)
    is_kernel = isinstance(estimator, Svm) and estimator.kernel != "linear"
    if isinstance(estimator, LinearEstimator) and not isinstance(estimator, Stack) and not is_kernel:
        return _linear(graph, estimator, entries)
    kernel = " with a kernel that is not linear" if is_kernel else ""
    raise ExportInvalid(f"there is no graph for the model {type(estimator).__name__}{kernel}")


def _linear(graph: Graph, estimator: LinearEstimator, entries: Entries) -> str:
    sums = _weighted_sums(graph, entries, estimator.weights_, estimator.bias_, estimator.columns_)
    if estimator.has_probabilities:
        return _probabilities(graph, sums, estimator.link, estimator.weights_.shape[1])
    if estimator.weights_.shape[1] == 1 and estimator.link != "number":
        return graph.add("Concat", graph.add("Neg", sums), sums, axis=1)
    return sums


def _weighted_sums(
    graph: Graph, entries: Entries, weights: Table, bias: Table, used: np.ndarray[tuple[int], np.dtype[np.int32]] | None
) -> str:
    """(n, columns of the weights): each entry's amount of its feature's row of weights."""
    table, at = np.vstack([weights, np.zeros(weights.shape[1])]), entries.columns
    rows = places(used, entries.width)
    if rows is not None:
        at = graph.add("Gather", graph.constant(np.append(rows, len(weights)).astype(np.int64)), at)
    found = graph.add("Gather", graph.constant(table), at)
    amounts = graph.add("Unsqueeze", entries.amounts, graph.constant(np.array([2], np.int64)))
    return graph.add("Add", graph.total(graph.add("Mul", found, amounts), 1), graph.constant(np.asarray(bias)))


def _mlp(graph: Graph, estimator: Mlp, entries: Entries) -> str:
    first, *others = zip(estimator.weights_, estimator.biases_, strict=True)
    values = _weighted_sums(graph, entries, *first, estimator.columns_)
    for weights, bias in others:
        values = graph.add("MatMul", graph.add("Max", values, graph.constant(0.0)), graph.constant(np.asarray(weights)))
        values = graph.add("Add", values, graph.constant(np.asarray(bias)))
    return _probabilities(graph, values, "softmax", estimator.weights_[-1].shape[1])


def _one_vs_rest(graph: Graph, estimator: OneVsRest, entries: Entries) -> str:
    if estimator.linear is not None:
        return _linear(graph, estimator.linear, entries)
    columns = []
    for one in estimator.fitted:
        if isinstance(one, float):
            shape = graph.shape(graph.rows_of(entries.columns), 1)
            columns.append(graph.add("Expand", graph.constant(np.array([[one]])), shape))
        else:
            columns.append(graph.slice(answer_node(graph, one, entries), 1, 2))
    return graph.add("Concat", *columns, axis=1)


def _probabilities(graph: Graph, sums: str, link: Link, columns: int) -> str:
    """As `inverse_link`."""
    if link == "each":
        return _sigmoid(graph, sums)
    if columns == 1:
        second = _sigmoid(graph, sums)
        return graph.add("Concat", graph.add("Sub", graph.constant(1.0), second), second, axis=1)
    if link == "one_vs_rest":
        return _normalized(graph, _sigmoid(graph, sums), columns)
    return graph.add("Softmax", sums, axis=1)


def _normalized(graph: Graph, values: str, columns: int) -> str:
    """Rows that sum to one; one in which all are zero is even."""
    total = graph.total(values, 1, keep=True)
    is_some = graph.add("Greater", total, graph.constant(0.0))
    divided = graph.add("Div", values, graph.add("Where", is_some, total, graph.constant(1.0)))
    return graph.add("Where", is_some, divided, graph.constant(1 / columns))


def _sigmoid(graph: Graph, value: str) -> str:
    power = graph.add("Exp", graph.add("Neg", value))
    return graph.add("Div", graph.constant(1.0), graph.add("Add", power, graph.constant(1.0)))


def _calibrated(graph: Graph, estimator: Calibrated, outputs: str) -> str:
    classes = len(estimator.weights_)
    if estimator.method != "none":
        margin = _margins(graph, outputs, estimator.inner.has_probabilities, classes)
        columns = [
            _calibrated_column(graph, graph.slice(margin, at, at + 1), learned, estimator.method)
            for at, learned in enumerate(estimator.learned_)
        ]
        if len(columns) == 1:
            outputs = graph.add("Concat", graph.add("Sub", graph.constant(1.0), columns[0]), columns[0], axis=1)
        else:
            outputs = _normalized(graph, graph.add("Concat", *columns, axis=1), classes)
    if estimator.thresholds == "none":
        return outputs
    weighed = graph.add("Mul", outputs, graph.constant(estimator.weights_))
    return graph.add("Div", weighed, graph.total(weighed, 1, keep=True))


def _margins(graph: Graph, outputs: str, are_probabilities: bool, classes: int) -> str:
    if not are_probabilities:
        if classes != 2:
            return outputs
        return graph.add("Sub", graph.slice(outputs, 1), graph.slice(outputs, 0, 1))
    clipped = graph.add("Clip", outputs, graph.constant(1e-15), graph.constant(1 - 1e-15))
    rest = graph.add("Log", graph.add("Sub", graph.constant(1.0), clipped))
    found = graph.add("Sub", graph.add("Log", clipped), rest)
    return graph.slice(found, 1) if classes == 2 else found


def _calibrated_column(graph: Graph, margin: str, learned: Table, method: str) -> str:
    """(n, 1), as `apply_calibration`."""
    if method == "sigmoid":
        scaled = graph.add("Mul", margin, graph.constant(float(learned[0, 0])))
        return _sigmoid(graph, graph.add("Add", scaled, graph.constant(float(learned[1, 0]))))
    where, high = learned
    if len(where) == 1:
        return graph.add("Add", graph.add("Mul", margin, graph.constant(0.0)), graph.constant(float(high[0])))
    is_past = graph.to_double(graph.add("GreaterOrEqual", margin, graph.constant(where[1:-1])))
    at = graph.add("Cast", graph.total(is_past, 1, keep=True), to=7)  # whole numbers
    x, y, run, rise = (
        graph.add("Gather", graph.constant(table), at)
        for table in (where[:-1], high[:-1], np.diff(where), np.diff(high))
    )
    share = graph.add("Div", graph.add("Sub", margin, x), run)
    share = graph.add("Clip", share, graph.constant(0.0), graph.constant(1.0))
    return graph.add("Add", y, graph.add("Mul", share, rise))
