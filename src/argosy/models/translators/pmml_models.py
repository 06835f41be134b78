"""PMML's models as those of a formula, by the name of their element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.translators.pmml_chains import translate_chain
from argosy.models.translators.pmml_general import translate_general
from argosy.models.translators.pmml_networks import translate_network
from argosy.models.translators.pmml_scope import (
    PREDICATES,
    PmmlScope,
    apply_node,
    codes_node,
    constant_node,
    filled_with,
    value_as,
)
from argosy.models.translators.pmml_spreading import spreading_tree
from argosy.models.translators.pmml_targets import with_targets
from argosy.models.translators.pmml_trees import SPREADING, PmmlTrees, class_place
from argosy.models.translators.xml_elements import Element

Node = dict[str, Any]
INVERSES: Final = ("logit", "probit", "cloglog", "loglog", "cauchit", "exp")
_METHODS: Final = {
    "average": "mean",
    "weightedAverage": "mean",
    "majorityVote": "vote",
    "weightedMajorityVote": "vote",
    "sum": "sum",
    "weightedSum": "sum",
    "median": "median",
    "weightedMedian": "",
    "max": "largest",
    "selectFirst": "first",
}


def translate_model(element: Element, scope: PmmlScope, classes: Sequence[str], *, is_ordinal: bool = False) -> Node:
    """A table of the classes' scores, or without classes one of a number. Raises ImportInvalid."""
    translate = TRANSLATORS.get(element.tag)
    if translate is None:
        raise ImportInvalid(f"the file's model is a {element.tag}; {', '.join(TRANSLATORS)} can be translated")
    if element.get("isScorable", "true") == "false":
        raise ImportInvalid("the file says of itself that it cannot be used for answers (isScorable)")
    expected = "classification" if classes else "regression"
    if element.get("functionName", expected) != expected:
        raise ImportInvalid(
            f"the file has a {element.tag} for {element.get('functionName')[:40]} in a model for {expected}"
        )
    inner = scope.inner()
    replace_missing(element, inner)
    inner.derive(element.child("LocalTransformations"))
    if element.tag == "RegressionModel":
        found = _regression(element, inner, classes, is_ordinal=is_ordinal)
    else:
        found = translate(element, inner, classes)
    found = with_targets(element, found, classes)
    return {"op": "steps", "steps": inner.steps, "of": found} if inner.steps else found


def replace_missing(element: Element, scope: PmmlScope) -> None:
    """What a model inside of another puts in the place of a field that is missing."""
    schema = element.child("MiningSchema")
    for field in schema.all("MiningField") if schema else ():
        if "missingValueReplacement" in field.attributes and field.get("usageType", "active") == "active":
            name = field.get("name")
            scope.add(name, filled_with(scope.find(name), field.get("missingValueReplacement")))


def _regression(element: Element, scope: PmmlScope, classes: Sequence[str], *, is_ordinal: bool = False) -> Node:
    tables = element.all("RegressionTable")
    by_class = {name: place for place, name in enumerate(classes)}
    columns: list[Node] = []
    places: dict[str, int] = {}
    terms: list[tuple[int, int, float]] = []
    bias = np.zeros(max(1, len(classes)))
    if classes and {one.get("targetCategory") for one in tables} != set(classes):
        raise ImportInvalid("the file's RegressionModel has no table for some class, or one for another")
    if not classes and len(tables) != 1:
        raise ImportInvalid("the file's RegressionModel for a number has other than one table")

    for table in tables:
        output = class_place(table.get("targetCategory"), by_class) if classes else 0
        bias[output] += table.number("intercept", 0.0)
        for key, expression, coefficient in _terms(table, scope):
            if key not in places:
                places[key] = len(columns)
                columns.append(expression)
            terms.append((places[key], output, coefficient))
    weights = np.zeros((len(columns), len(bias)))
    for place, output, coefficient in terms:
        weights[place, output] += coefficient
    linear = {"op": "linear", "columns": columns, "weights": weights, "bias": bias}
    link = regression_link(element.get("normalizationMethod", "none"), len(classes), is_ordinal=is_ordinal)
    return linear if link == "none" else {"op": "link", "link": link, "of": linear}


def _terms(table: Element, scope: PmmlScope) -> list[tuple[str, Node, float]]:
    """Of a RegressionTable: what tells a column from others, the column, and its coefficient."""
    found = []
    for one in table.all("NumericPredictor"):
        name, exponent = one.get("name"), one.number("exponent", 1.0)
        of = scope.find(name).node
        expression = of if exponent == 1 else apply_node("pow", of, constant_node(exponent))
        found.append((f"{name} to {exponent}", expression, one.number("coefficient")))
    for one in table.all("CategoricalPredictor"):
        name, value = one.get("name"), one.get("value")
        of_field = scope.find(name)
        equal = apply_node("equal", of_field.node, constant_node(value_as(value, of_field.kind)), if_missing=0.0)
        found.append((f"{name} is {value}", equal, one.number("coefficient")))
    for number, one in enumerate(table.all("PredictorTerm")):
        names = [reference.get("field") for reference in one.all("FieldRef")]
        product = scope.find(names[0]).node
        for name in names[1:]:
            product = apply_node("*", product, scope.find(name).node)
        found.append((f"term {number} of {names}", product, one.number("coefficient")))
    return found


def regression_link(method: str, classes: int, *, is_ordinal: bool) -> str:
    """The name of the link; raises ImportInvalid."""
    if method not in ("none", "simplemax", "softmax", *INVERSES):
        raise ImportInvalid(f"the file's normalizationMethod is '{method[:40]}', which cannot be translated")
    if not classes:
        return "logit" if method == "softmax" else method
    if method in ("simplemax", "softmax"):
        return method
    if is_ordinal:
        return f"{method}_of_ordered"
    if method == "none":
        return "rest_is_last"
    return f"{method}_of_first" if classes == 2 else f"{method}_to_one"


def _tree(element: Element, scope: PmmlScope, classes: Sequence[str]) -> Node:
    if element.get("missingValueStrategy") in SPREADING:
        return spreading_tree(element, scope, classes)
    return _forest([element], [1.0], scope, classes)


def _forest(elements: Sequence[Element], weights: Sequence[float], scope: PmmlScope, classes: Sequence[str]) -> Node:
    trees = PmmlTrees(scope, classes, elements)
    for element in elements:
        trees.add(element)
    return {"op": "forest", **trees.parts(), "weights": np.array(weights)}


def _bayes(element: Element, scope: PmmlScope, classes: Sequence[str]) -> Node:
    by_class = {name: place for place, name in enumerate(classes)}
    output, inputs = element.child("BayesOutput"), element.child("BayesInputs")
    prior = _counts(output.child("TargetValueCounts") if output else None, by_class)
    counted, normal = [], []
    for one in inputs.all("BayesInput") if inputs else ():
        derived = one.child("DerivedField")
        of = scope.derived(derived) if derived else scope.find(one.get("fieldName"))
        statistics = one.child("TargetValueStats")
        if statistics is not None:
            normal.append({"of": of.node, **_normals(statistics, by_class)})
            continue
        pairs = one.all("PairCounts")
        values = [value_as(pair.get("value"), of.kind) for pair in pairs]
        counts = np.array([_counts(pair.child("TargetValueCounts"), by_class) for pair in pairs])
        counted.append({"of": codes_node(of, values), "counts": counts})
    threshold = element.number("threshold", 1e-9) or 1e-300
    return {"op": "bayes", "prior": np.array(prior), "threshold": threshold, "counted": counted, "normal": normal}


def _counts(element: Element | None, classes: dict[str, int]) -> list[float]:
    found = [0.0] * len(classes)
    for one in element.all("TargetValueCount") if element else ():
        found[class_place(one.get("value"), classes)] = one.number("count")
    return found


def _normals(statistics: Element, classes: dict[str, int]) -> Node:
    means, variances = np.zeros(len(classes)), np.ones(len(classes))
    for one in statistics.all("TargetValueStat"):
        normal, place = one.child("GaussianDistribution"), class_place(one.get("value"), classes)
        if normal is None:
            raise ImportInvalid("the file's NaiveBayesModel has a distribution other than the normal one")
        means[place], variances[place] = normal.number("mean"), normal.number("variance")
    return {"means": means, "variances": variances}


def _mining(element: Element, scope: PmmlScope, classes: Sequence[str]) -> Node:
    segmentation = element.child("Segmentation")
    if segmentation is None:
        raise ImportInvalid("the file has a MiningModel without a Segmentation")
    method, segments = segmentation.get("multipleModelMethod"), segmentation.all("Segment")
    models = [_model_in(one) for one in segments]
    if method == "modelChain":
        return translate_chain(segmentation, models, scope, classes, translate_model)
    combined = _METHODS.get(method, "")
    if not combined or not segments:
        raise ImportInvalid(f"the file's multipleModelMethod is '{method[:40]}', which cannot be translated")
    weights = [one.number("weight", 1.0) if method.startswith("weighted") else 1.0 for one in segments]
    is_single = "float" in (element.get("x-mathContext"), *(one.get("x-mathContext") for one in models))
    treatment = segmentation.get("missingPredictionTreatment", "continue")
    if combined in ("mean", "sum") and treatment != "skipSegment" and all(map(_is_plain_tree, segments, models)):
        forest = _forest(models, weights, scope, classes)
        if combined == "mean":
            return forest
        if not classes:
            return _boosted(forest, is_single=is_single)
    parts = [
        {"when": scope.predicate(_condition(one)), "weight": weight, "of": translate_model(model, scope, classes)}
        for one, weight, model in zip(segments, weights, models, strict=True)
    ]
    return {
        "op": "combine",
        "method": combined,
        "missing": "skip" if treatment == "skipSegment" else "none",
        "parts": parts,
    }


def _boosted(forest: Node, *, is_single: bool) -> Node:
    """Trees whose numbers are added up."""
    weights = forest.pop("weights")
    if not (weights == 1).all():
        raise ImportInvalid("the file adds up trees with weights, which cannot be translated")
    rest = {"values": forest["values"][:, 0], "groups": np.zeros(len(weights), np.int64), "base": np.zeros(1)}
    return {**forest, **rest, "op": "boosted", "single": is_single, "divisor": 1}


def _is_plain_tree(segment: Element, model: Element) -> bool:
    """Whether a tree can be one of a forest: nothing but its nodes counts."""
    schema = model.child("MiningSchema")
    fields = schema.all("MiningField") if schema else []
    has_own = model.child("LocalTransformations", "Targets") is not None
    replaces = any("missingValueReplacement" in one.attributes for one in fields)
    is_spreading = model.get("missingValueStrategy") in SPREADING
    return model.tag == "TreeModel" and _condition(segment).tag == "True" and not (has_own or replaces or is_spreading)


def _condition(segment: Element) -> Element:
    found = segment.child(*PREDICATES)
    if found is None:
        raise ImportInvalid("the file has a Segment without a predicate")
    return found


def _model_in(segment: Element) -> Element:
    found = segment.child(*TRANSLATORS)
    if found is None:
        raise ImportInvalid(f"the file has a Segment with none of {', '.join(TRANSLATORS)}")
    return found


TRANSLATORS: Final[dict[str, Callable[[Element, PmmlScope, Sequence[str]], Node]]] = {
    "RegressionModel": _regression,
    "TreeModel": _tree,
    "MiningModel": _mining,
    "NaiveBayesModel": _bayes,
    "NeuralNetwork": translate_network,
    "GeneralRegressionModel": translate_general,
}
