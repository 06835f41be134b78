"""The models of a formula: `{"op": …}` values, made into functions from rows to a table of (rows, outputs).

A row without an answer is one of NaN. Making one raises ValueError, KeyError or IndexError where it cannot be sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from argosy.models.formulas.expressions import NESTED, code_count, compiled, filled
from argosy.models.formulas.links import LINKS, Table
from argosy.models.formulas.network import NeuronLayers
from argosy.models.formulas.rows import Column, ColumnRows, as_numbers, texts
from argosy.models.formulas.spreading import SpreadingNode
from argosy.models.formulas.trees import CELLS, NO_LEAF, Trees

TableModel = Callable[[ColumnRows], Table]


def model_of(node: Mapping[str, Any], depth: int = 0) -> TableModel:
    if depth > NESTED:
        raise ValueError("models that are nested too deeply")
    return MODELS[node["op"]](node, depth + 1)


def _matrix(nodes: list[Mapping[str, Any]]) -> TableModel:
    columns = [compiled(one) for one in nodes]

    def evaluate(rows: ColumnRows) -> Table:
        found = np.empty((rows.size, len(columns)))
        for place, column in enumerate(columns):
            found[:, place] = as_numbers(column(rows))
        return found

    return evaluate


def _columns(node: Mapping[str, Any], _: int) -> TableModel:
    """A table of expressions."""
    return _matrix(node["of"])


def _forest(node: Mapping[str, Any], _: int) -> TableModel:
    """Each tree's leaf is a row of `values` (leaves, outputs); the trees' answers are averaged, or counted as votes."""
    matrix, trees = _matrix(node["columns"]), _trees(node)
    values = np.asarray(node["values"], np.float64)
    weights = np.asarray(node["weights"], np.float64)
    _check(values.ndim == 2 and _leads_to(trees, len(values)) and weights.shape == trees.roots.shape)
    values = np.vstack([values, np.full((1, values.shape[1]), np.nan)])  # that of no leaf

    def evaluate(rows: ColumnRows) -> Table:
        leaves = trees.leaves(matrix(rows))
        if len(weights) == 1:
            return np.asarray(values[leaves[:, 0]])
        found = np.zeros((rows.size, values.shape[1]))
        step = max(1, CELLS // (len(weights) * values.shape[1]))
        for at in range(0, rows.size, step):
            found[at : at + step] = np.einsum("rtv,t->rv", values[leaves[at : at + step]], weights)
        return np.asarray(found / weights.sum())

    return evaluate


def _boosted(node: Mapping[str, Any], _: int) -> TableModel:
    """Leaves are added up by the output that their tree is for (`groups`), in the trees' order, from `base`."""
    matrix, trees = _matrix(node["columns"]), _trees(node)
    kind = np.float32 if node["single"] else np.float64
    values, base = np.append(np.asarray(node["values"], kind), kind(np.nan)), np.asarray(node["base"], kind)
    groups, divisor = np.asarray(node["groups"], np.int64), float(node["divisor"])
    _check(_leads_to(trees, len(values) - 1) and groups.shape == trees.roots.shape and divisor > 0)
    of_group = [np.flatnonzero(groups == number) for number in range(len(base))]
    _check(sum(map(len, of_group)) == len(groups))

    def evaluate(rows: ColumnRows) -> Table:
        found = values[trees.leaves(matrix(rows))]
        sums = np.empty((rows.size, len(base)))
        for number, places in enumerate(of_group):
            start = np.full((rows.size, 1), base[number], kind)
            sums[:, number] = np.add.accumulate(np.hstack([start, found[:, places]]), axis=1, dtype=kind)[:, -1]
        return sums / divisor

    return evaluate


def _trees(node: Mapping[str, Any]) -> Trees:
    return Trees(node["trees"], [code_count(column) for column in node["columns"]])


def _leads_to(trees: Trees, values: int) -> bool:
    return bool((trees.leaf >= NO_LEAF).all() and (trees.leaf < values).all())


def _spreading(node: Mapping[str, Any], _: int) -> TableModel:
    return SpreadingNode(node["root"], int(node["outputs"]), is_counted=bool(node["is_counted"])).answers


def _linear(node: Mapping[str, Any], _: int) -> TableModel:
    """`weights` (columns, outputs) and `bias` (outputs)."""
    matrix = _matrix(node["columns"])
    weights, bias = np.asarray(node["weights"], np.float64), np.asarray(node["bias"], np.float64)
    _check(weights.shape == (len(node["columns"]), len(bias)) and bias.ndim == 1)

    def evaluate(rows: ColumnRows) -> Table:
        with np.errstate(all="ignore"):
            return np.asarray(matrix(rows) @ weights + bias)

    return evaluate


def _network(node: Mapping[str, Any], _: int) -> TableModel:
    matrix = _matrix(node["columns"])
    network = NeuronLayers(node["layers"], len(node["columns"]), [int(one) for one in node["outputs"]])
    return lambda rows: network.answers(matrix(rows))


def _link(node: Mapping[str, Any], depth: int) -> TableModel:
    of, function = model_of(node["of"], depth), LINKS[node["link"]]

    def evaluate(rows: ColumnRows) -> Table:
        with np.errstate(all="ignore"):
            return np.asarray(function(of(rows)))

    return evaluate


def _bayes(node: Mapping[str, Any], _: int) -> TableModel:
    """`prior` (outputs), counts by code (codes, outputs), and normal distributions as means and variances (outputs).

    A count of none is `threshold`; what is missing, or a code that is none, is left out.
    """
    log_prior, threshold = np.log(np.asarray(node["prior"], np.float64)), float(node["threshold"])
    codes = [(compiled(one["of"]), _log_shares(one["counts"], threshold)) for one in node["counted"]]
    normals = [
        (compiled(one["of"]), np.asarray(one["means"], np.float64), np.asarray(one["variances"], np.float64))
        for one in node["normal"]
    ]
    _check(threshold > 0 and log_prior.ndim == 1)
    _check(all(shares.shape[1:] == log_prior.shape for _, shares in codes))
    _check(all(mean.shape == log_prior.shape == variance.shape for _, mean, variance in normals))

    def evaluate(rows: ColumnRows) -> Table:
        found = np.tile(log_prior, (rows.size, 1))
        for of, shares in codes:
            place = as_numbers(of(rows))
            is_known = (place >= 0) & (place < len(shares))
            found[is_known] += shares[place[is_known].astype(np.intp)]
        for of, mean, variance in normals:
            value = as_numbers(of(rows))[:, None]
            density = np.exp(-((value - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
            found += np.where(np.isnan(value), 0.0, np.log(np.maximum(density, threshold)))
        return LINKS["softmax"](found)

    return evaluate


def _log_shares(counts: Any, threshold: float) -> NDArray[np.float64]:
    """Of every code of a class, the logarithm of its share of the class's rows."""
    table = np.asarray(counts, np.float64)
    shares = table / np.maximum(table.sum(axis=0, keepdims=True), 1e-300)
    return np.asarray(np.log(np.where(table > 0, shares, threshold)))


def _combine(node: Mapping[str, Any], depth: int) -> TableModel:
    """The answers of several models as one, by `method`; one whose `when` does not hold for a row is left out there.

    `missing`: what an answer that is missing means: `skip` the model, or the row has none (`none`).
    """
    parts = [(compiled(one["when"]), float(one["weight"]), model_of(one["of"], depth)) for one in node["parts"]]
    method, skips = node["method"], node["missing"] == "skip"
    combine = _METHODS[method]
    _check(bool(parts))

    def evaluate(rows: ColumnRows) -> Table:
        tables, weights = [], []
        for when, weight, model in parts:
            answers = model(rows)
            holds = when(rows) == 1
            has_none = _has_none(answers)
            counts = holds & ~has_none if skips or method == "first" else holds
            tables.append(np.where(holds[:, None], answers, 0.0 if method != "first" else np.nan))
            weights.append(np.where(counts, weight, 0.0))
            if skips:
                tables[-1][has_none] = 0.0
        with np.errstate(all="ignore"):
            return np.asarray(combine(np.stack(tables), np.stack(weights)))

    return evaluate


def _mean(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Table:
    return np.asarray((tables * weights[:, :, None]).sum(axis=0) / weights.sum(axis=0)[:, None])


def _sum(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Table:
    found = (tables * weights[:, :, None]).sum(axis=0)
    return np.where(_counts_any(weights), found, np.nan)


def _vote(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Table:
    """Each model for its own answer, with its weight."""
    votes = np.eye(tables.shape[2])[np.nan_to_num(tables, nan=-np.inf).argmax(axis=2)]
    return _mean(np.where(np.isnan(tables).any(axis=2, keepdims=True), np.nan, votes), weights)


def _median(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Table:
    """Of two in the middle their mean."""
    ordered = np.sort(_counted(tables, weights).filled(np.nan), axis=0)  # what is missing comes last
    count = (~np.isnan(ordered)).sum(axis=0, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=0)
    return np.asarray((low + np.take_along_axis(ordered, np.minimum(count // 2, len(ordered) - 1), axis=0))[0] / 2)


def _largest(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Table:
    """Of numbers the largest; of classes the answers of the model that is surest."""
    found = np.ma.filled(_counted(tables, weights), -np.inf).max(axis=2).argmax(axis=0)
    chosen = tables[found, np.arange(tables.shape[1])]
    return np.where(_counts_any(weights), chosen, np.nan)


def _first(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Table:
    found = (weights != 0).argmax(axis=0)
    chosen = tables[found, np.arange(tables.shape[1])]
    return np.where(_counts_any(weights), chosen, np.nan)


def _counts_any(weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((weights != 0).any(axis=0, keepdims=True).T)


def _has_none(table: Table) -> NDArray[np.bool_]:
    return np.asarray(np.isnan(table).any(axis=1))


def _counted(tables: NDArray[np.float64], weights: NDArray[np.float64]) -> Any:
    return np.ma.masked_array(tables, np.broadcast_to(weights[:, :, None] == 0, tables.shape))


def _steps(node: Mapping[str, Any], depth: int) -> TableModel:
    """Columns are computed one after another, and then the model.

    A step is `{name, of}` with an expression, or `{model, outputs, when}`: outputs are columns by name, each the place
    of an output of the model, or `-1` for the label with the highest (`labels`).
    """
    steps = [_step(one, depth) for one in node["steps"]]
    last = model_of(node["of"], depth)

    def evaluate(rows: ColumnRows) -> Table:
        for step in steps:
            rows = rows.with_columns(step(rows))
        return last(rows)

    return evaluate


def _step(node: Mapping[str, Any], depth: int) -> Callable[[ColumnRows], Mapping[str, Column]]:
    if "model" not in node:
        name, of = node["name"], compiled(node["of"])
        return lambda rows: {name: of(rows)}
    model, when, labels = model_of(node["model"], depth), compiled(node["when"]), list(node["labels"])
    outputs = [(str(name), int(place)) for name, place in node["outputs"]]

    def evaluate(rows: ColumnRows) -> Mapping[str, Column]:
        table = np.where((when(rows) == 1)[:, None], model(rows), np.nan)
        return {name: _labels(table, labels) if place < 0 else table[:, place] for name, place in outputs}

    return evaluate


def _labels(table: Table, labels: list[str]) -> Column:
    highest = np.nan_to_num(table, nan=-np.inf).argmax(axis=1)
    has_none = _has_none(table)
    return texts([None if none else labels[at] for at, none in zip(highest, has_none, strict=True)])


def _target(node: Mapping[str, Any], depth: int) -> TableModel:
    """A number made into the target: where missing `default`; at least and at most; times, plus; rounded."""
    of = model_of(node["of"], depth)
    least, most = (node["least"], node["most"])
    factor, constant, rounding = float(node["factor"]), float(node["constant"]), _ROUNDING[node["rounding"]]
    default = node["default"]

    def evaluate(rows: ColumnRows) -> Table:
        found = of(rows)
        if default is not None:
            found = filled(found.reshape(-1), default).reshape(found.shape)
        found = np.clip(found, -np.inf if least is None else least, np.inf if most is None else most)
        return np.asarray(rounding(found * factor + constant))

    return evaluate


def _default(node: Mapping[str, Any], depth: int) -> TableModel:
    """`values` where the model has no answer."""
    of, values = model_of(node["of"], depth), np.asarray(node["values"], np.float64)
    return lambda rows: _or(of(rows), values)


def _or(table: Table, values: Table) -> Table:
    return np.where(_has_none(table)[:, None], values, table)


def _check(is_sound: Any) -> None:
    if not is_sound:
        raise ValueError("arrays of other shapes than each other's")


_ROUNDING: Final[dict[str, Callable[[Any], Any]]] = {
    "": lambda table: table,
    "round": lambda table: np.floor(table + 0.5),
    "ceiling": np.ceil,
    "floor": np.floor,
}
_METHODS: Final = {
    "mean": _mean,
    "sum": _sum,
    "vote": _vote,
    "median": _median,
    "largest": _largest,
    "first": _first,
}
MODELS: Final[dict[str, Callable[[Mapping[str, Any], int], TableModel]]] = {
    "columns": _columns,
    "forest": _forest,
    "boosted": _boosted,
    "spreading": _spreading,
    "linear": _linear,
    "network": _network,
    "link": _link,
    "bayes": _bayes,
    "combine": _combine,
    "steps": _steps,
    "target": _target,
    "default": _default,
}
