"""PMML's trees that go on in all children that may hold where a value is missing: the strategies weightedConfidence
and aggregateNodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.translators.pmml_scope import PREDICATES, PmmlScope
from argosy.models.translators.pmml_trees import class_place, leaf_values
from argosy.models.translators.xml_elements import Element


def spreading_tree(tree: Element, scope: PmmlScope, classes: Sequence[str]) -> dict[str, Any]:
    """Raises ImportInvalid."""
    root = tree.child("Node")
    if root is None or not classes:
        raise ImportInvalid("the file has a tree of weighted answers for a number, or without a Node")
    is_counted = tree.get("missingValueStrategy") == "aggregateNodes"
    places = {name: place for place, name in enumerate(classes)}
    is_last = tree.get("noTrueChildStrategy") == "returnLastPrediction"
    return {
        "op": "spreading",
        "outputs": len(classes),
        "is_counted": is_counted,
        "root": _node(root, scope, places, is_counted=is_counted, is_last=is_last),
    }


def _node(
    node: Element, scope: PmmlScope, places: Mapping[str, int], *, is_counted: bool, is_last: bool
) -> dict[str, Any]:
    condition = node.child(*PREDICATES)
    if condition is None:
        raise ImportInvalid("the file has a Node without a predicate")
    children = [_node(one, scope, places, is_counted=is_counted, is_last=is_last) for one in node.all("Node")]
    values = leaf_values(node, places) if not children or is_last else None
    if values is not None and is_counted:
        counts = np.zeros(len(places))
        for one in node.all("ScoreDistribution"):
            counts[class_place(one.get("value"), places)] = one.number("recordCount")
        values = counts.tolist() if counts.any() else values
    weight = node.number("recordCount", 0.0)
    if not is_counted and not weight:
        weight = sum(one.number("recordCount", 0.0) for one in node.all("ScoreDistribution"))
    return {"when": scope.predicate(condition), "weight": weight, "values": values, "children": children}
