"""PMML's decision trees as arrays: a node's children are asked one after another, the first that holds is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.formulas.trees import NO_LEAF, TreeBuilder
from argosy.models.translators.pmml_scope import (
    NUMBER,
    PREDICATES,
    TEXT,
    PmmlScope,
    codes_node,
    set_values,
    value_as,
)
from argosy.models.translators.xml_elements import Element

STRATEGIES: Final = ("none", "lastPrediction", "nullPrediction", "defaultChild")
SPREADING: Final = ("weightedConfidence", "aggregateNodes")
COMPARISONS: Final = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual")
_OPPOSITES: Final = {
    "lessThan": "greaterOrEqual",
    "lessOrEqual": "greaterThan",
    "greaterThan": "lessOrEqual",
    "greaterOrEqual": "lessThan",
    "equal": "notEqual",
    "notEqual": "equal",
    "isIn": "isNotIn",
    "isNotIn": "isIn",
}


class PmmlTrees:
    """Trees over the same columns and classes; without classes a leaf is a number. `add` one after another."""

    def __init__(self, scope: PmmlScope, classes: Sequence[str], trees: Sequence[Element]) -> None:
        self._scope, self._classes = scope, {name: place for place, name in enumerate(classes)}
        self._builder = TreeBuilder()
        self._columns: list[dict[str, Any]] = []
        self._places: dict[str, int] = {}
        self._values: list[list[float]] = []
        self._named: dict[str, dict[Any, int]] = {}
        for tree in trees:
            self._collect(tree)

    def parts(self) -> dict[str, Any]:
        """`columns`, `trees` and `values` of a forest."""
        width = max(1, len(self._classes))
        values = np.array(self._values, np.float64).reshape(-1, width)
        return {"columns": self._columns, "trees": self._builder.parts(), "values": values}

    def add(self, tree: Element) -> None:
        """Raises ImportInvalid."""
        root = tree.child("Node")
        if root is None:
            raise ImportInvalid("the file has a TreeModel without a Node")
        unknown, none_true = tree.get("missingValueStrategy", "none"), tree.get("noTrueChildStrategy")
        if unknown not in STRATEGIES:
            raise ImportInvalid(f"the file's missingValueStrategy is '{unknown[:60]}', which cannot be translated")
        self._strategy, self._is_last = unknown, none_true == "returnLastPrediction"
        condition = root.child(*PREDICATES)
        if condition is not None and condition.tag != "True":
            root = Element("Node", {}, [Element("True", {}), root])  # its own predicate may not hold
        self._builder.roots.append(self._node(root))

    def _node(self, node: Element) -> int:
        children = [child for child in node.all("Node") if _predicate(child).tag != "False"]
        if not children:
            return self._leaf(node)
        always = next((place for place, child in enumerate(children) if _predicate(child).tag == "True"), None)
        children = children if always is None else children[: always + 1]
        asked = children if always is None else children[:-1]
        is_pair = len(asked) == 2 and always is None and _are_opposite(*map(_predicate, asked))
        tests = [self._test(_predicate(child)) for child in (asked[:1] if is_pair else asked)]
        starts = [self._node(child) for child in children]
        none_true = (
            starts[-1] if always is not None else self._leaf(node) if self._is_last else self._builder.leaf(NO_LEAF)
        )
        stop = self._stop(node, children, starts)
        for place, (test, is_swapped) in enumerate(tests):
            following = tests[place + 1][0] if place + 1 < len(tests) else starts[1] if is_pair else none_true
            unknown = stop if stop is not None else none_true if is_pair else following
            yes, no = (following, starts[place]) if is_swapped else (starts[place], following)
            self._builder.lead(test, yes, no, unknown)
        return tests[0][0] if tests else starts[0]

    def _stop(self, node: Element, children: Sequence[Element], starts: Sequence[int]) -> int | None:
        """Where an unknown predicate leads; None: on to the next child."""
        if self._strategy == "none":
            return None
        if self._strategy == "lastPrediction":
            return self._leaf(node)
        if self._strategy == "nullPrediction":
            return self._builder.leaf(NO_LEAF)
        name = node.get("defaultChild")
        found = next((start for child, start in zip(children, starts, strict=True) if child.get("id") == name), None)
        return self._builder.leaf(NO_LEAF) if found is None else found

    def _leaf(self, node: Element) -> int:
        values = leaf_values(node, self._classes)
        if values is None:
            return self._builder.leaf(NO_LEAF)
        self._values.append(values)
        return self._builder.leaf(len(self._values) - 1)

    def _test(self, predicate: Element) -> tuple[int, bool]:
        """The node that asks, and whether it says yes where the predicate does not hold."""
        if predicate.tag == "CompoundPredicate" or predicate.get("operator") in ("isMissing", "isNotMissing"):
            key = f"predicate {len(self._columns)}"
            return self._builder.compare(self._column(key, self._scope.predicate(predicate)), 0.5), True
        name = predicate.get("field")
        of, operator = self._scope.find(name), predicate.get("operator") or predicate.get("booleanOperator")
        if operator in COMPARISONS:
            if of.kind == TEXT:
                raise ImportInvalid(f"the file orders texts, by its field '{name[:60]}', which cannot be translated")
            threshold = float(value_as(predicate.get("value"), NUMBER))
            if of.node["op"] == "single":
                threshold = float(np.float32(threshold))
            is_strict = operator in ("lessThan", "greaterOrEqual")
            threshold = float(np.nextafter(threshold, -np.inf)) if is_strict else threshold
            return self._builder.compare(self._column(name, of.node), threshold), operator.startswith("greater")
        codes = self._named[name]
        values = set_values(predicate, of.kind) if predicate.tag == "SimpleSetPredicate" else None
        values = [value_as(predicate.get("value"), of.kind)] if values is None else values
        column = self._column(f"codes of {name}", codes_node(of, list(codes)))
        test = self._builder.contains(column, [codes[value] for value in values], len(codes))
        return test, operator in ("isNotIn", "notEqual")

    def _column(self, key: str, expression: dict[str, Any]) -> int:
        if key not in self._places:
            self._places[key] = len(self._columns)
            self._columns.append(expression)
        return self._places[key]

    def _collect(self, tree: Element) -> None:
        """The values that the nodes compare each field with, beforehand: their number is the width of its codes."""
        for node in tree.within("Node"):
            predicate = _predicate(node)
            name, operator = predicate.get("field"), predicate.get("operator")
            if predicate.tag == "SimpleSetPredicate":
                values = set_values(predicate, self._scope.find(name).kind)
            elif predicate.tag == "SimplePredicate" and operator in ("equal", "notEqual"):
                values = [value_as(predicate.get("value"), self._scope.find(name).kind)]
            else:
                continue
            codes = self._named.setdefault(name, {})
            for value in values:
                codes.setdefault(value, len(codes))


def leaf_values(node: Element, classes: Mapping[str, int]) -> list[float] | None:
    """The shares of the classes in a node, or its number; None where it says neither. Raises ImportInvalid."""
    score = node.attributes.get("score")
    if not classes:
        return None if score is None else [node.number("score")]
    distribution = node.all("ScoreDistribution")
    found = [0.0] * len(classes)
    key = (
        "probability"
        if distribution and all("probability" in one.attributes for one in distribution)
        else "recordCount"
    )
    for one in distribution:
        found[class_place(one.get("value"), classes)] += one.number(key)
    if not any(found):
        if score is None:
            return None
        found[class_place(score, classes)] = 1.0
    return found if key == "probability" else [one / sum(found) for one in found]


def class_place(name: str, classes: Mapping[str, int]) -> int:
    if name not in classes:
        raise ImportInvalid(f"the file's class '{name[:60]}' is none of its target's: {', '.join(classes)[:100]}")
    return classes[name]


def _predicate(node: Element) -> Element:
    found = node.child(*PREDICATES)
    if found is None:
        raise ImportInvalid("the file has a Node without a predicate")
    return found


def _are_opposite(first: Element, second: Element) -> bool:
    """Whether one holds where the other does not, both being known."""
    if first.tag != second.tag or first.tag not in ("SimplePredicate", "SimpleSetPredicate"):
        return False
    operators = [one.get("operator") or one.get("booleanOperator") for one in (first, second)]
    same = first.get("field") == second.get("field") and first.get("value") == second.get("value")
    arrays = [one.child("Array") for one in (first, second)]
    texts = [array.text if array else "" for array in arrays]
    return same and texts[0] == texts[1] and _OPPOSITES.get(operators[0]) == operators[1]
