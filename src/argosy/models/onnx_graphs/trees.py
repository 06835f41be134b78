"""LightGBM's trees as ONNX's: the features that they look at as a table, a tree a class and round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from argosy.errors import ExportInvalid
from argosy.models.boosted_trees import tree_blocks
from argosy.models.estimators.gradient_boosting import GradientBoosting
from argosy.models.onnx_graphs.encodings import Entries
from argosy.models.onnx_graphs.graph import ML, Graph

DEFAULT_LEFT: Final = 2
ZERO_IS_MISSING: Final = 4
"""Bits of LightGBM's `decision_type`; the first says that a feature is a category."""


def tree_sums(graph: Graph, estimator: GradientBoosting, entries: Entries, columns: int) -> str:
    """(n, columns): the sums of what the trees say."""
    trees = tree_blocks(estimator.trees_.tobytes().decode())
    used = sorted({feature for tree in trees for feature in _whole(tree, "split_feature")})
    place = np.full(entries.width + 1, len(used), np.int64)
    place[used] = np.arange(len(used))
    table = graph.add("ConstantOfShape", graph.shape(graph.rows_of(entries.columns), len(used) + 1), value=_zero())
    at = graph.add("Gather", graph.constant(place), entries.columns)
    features = graph.add("ScatterElements", table, at, entries.amounts, axis=1, reduction="add")
    nodes = _Nodes({feature: at for at, feature in enumerate(used)})
    for number, tree in enumerate(trees):
        nodes.add(number, number % columns, tree)
    sums = graph.add("TreeEnsembleRegressor", features, domain=ML, n_targets=columns, **nodes.attributes())
    return graph.to_double(sums)


class _Nodes:
    """The attributes of ONNX's operator: a column a property, an element a node."""

    def __init__(self, features: Mapping[int, int]) -> None:
        self._features = features
        self._nodes: list[tuple[int, int, str, int, float, int, int]] = []
        self._leaves: list[tuple[int, int, int, float]] = []

    def add(self, tree: int, target: int, values: Mapping[str, str]) -> None:
        """Splits first, in their order, then leaves: LightGBM's negative numbers are leaves."""
        leaves = np.array(values["leaf_value"].split(" "), np.float64).tolist()
        splits = len(leaves) - 1
        left, right, features, kinds = (
            _whole(values, name) for name in ("left_child", "right_child", "split_feature", "decision_type")
        )
        if any(kind & ~(DEFAULT_LEFT | ZERO_IS_MISSING * 2) for kind in kinds):
            raise ExportInvalid("its trees look at categories, or take zero for missing, which no graph of ours says")
        thresholds = np.array(values.get("threshold", "").split(), np.float64).tolist()
        for node in range(splits):
            ways = (one if one >= 0 else splits - 1 - one for one in (left[node], right[node]))
            self._nodes.append((tree, node, "BRANCH_LEQ", self._features[features[node]], thresholds[node], *ways))
        for leaf, value in enumerate(leaves):
            self._nodes.append((tree, splits + leaf, "LEAF", 0, 0.0, 0, 0))
            self._leaves.append((tree, splits + leaf, target, value))

    def attributes(self) -> dict[str, Any]:
        trees, ids, modes, features, thresholds, left, right = map(list, zip(*self._nodes, strict=True))
        of, at, targets, weights = map(list, zip(*self._leaves, strict=True))
        return {
            "nodes_treeids": trees,
            "nodes_nodeids": ids,
            "nodes_modes": modes,
            "nodes_featureids": features,
            "nodes_values_as_tensor": _tensor(thresholds),
            "nodes_truenodeids": left,
            "nodes_falsenodeids": right,
            "target_treeids": of,
            "target_nodeids": at,
            "target_ids": targets,
            "target_weights_as_tensor": _tensor(weights),
        }


def _whole(values: Mapping[str, str], name: str) -> list[int]:
    return [int(one) for one in values.get(name, "").split()]


def _tensor(values: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array(values, np.float64))


def _zero() -> Any:
    return _tensor([0.0])
