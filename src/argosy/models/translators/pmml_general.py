"""PMML's general regressions: parameters over products of fields and of categories, behind a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.translators.pmml_scope import PmmlScope, apply_node, constant_node, value_as
from argosy.models.translators.pmml_trees import class_place
from argosy.models.translators.xml_elements import Element

Node = dict[str, Any]
_LINKS: Final = {
    "identity": "none",
    "log": "exp",
    **{name: name for name in ("logit", "probit", "cloglog", "loglog", "cauchit")},
}


def translate_general(element: Element, scope: PmmlScope, classes: Sequence[str]) -> Node:
    """Raises ImportInvalid."""
    kind, link = element.get("modelType"), _LINKS.get(element.get("linkFunction", "identity"))
    if kind not in ("regression", "generalLinear", "generalizedLinear", "multinomialLogistic") or link is None:
        stated = f"{kind[:40]} with the link {element.get('linkFunction', 'identity')[:40]}"
        raise ImportInvalid(f"the file has a GeneralRegressionModel of {stated}, which cannot be translated")
    if any(element.get(name) for name in ("trialsVariable", "trialsValue")):
        raise ImportInvalid("the file has a GeneralRegressionModel of trials, which cannot be translated")
    names, columns = _columns(element, scope)
    weights, bias = np.zeros((len(columns), max(1, len(classes)))), np.zeros(max(1, len(classes)))
    by_class = {name: place for place, name in enumerate(classes)}
    is_multinomial = kind == "multinomialLogistic"
    modelled = set[int]()
    for cell in _cells(element, "ParamMatrix", "PCell"):
        output = class_place(_category(cell, element, classes), by_class) if classes else 0
        modelled.add(output)
        weights[names.index(cell.get("parameterName")), output] += cell.number("beta")
    if offset := element.get("offsetVariable"):
        columns.append(scope.find(offset).node)
        weights = np.vstack([weights, [[float(place in modelled) for place in range(weights.shape[1])]]])
    for place in modelled:
        bias[place] += element.number("offsetValue", 0.0)
    if classes and not is_multinomial:
        return _of_two(columns, weights, bias, link, modelled)
    linear = {"op": "linear", "columns": columns, "weights": weights, "bias": bias}
    link = "softmax" if is_multinomial else link
    return linear if link == "none" else {"op": "link", "link": link, "of": linear}


def _of_two(columns: list[Node], weights: Any, bias: Any, link: str, modelled: set[int]) -> Node:
    """The chance of the class that is modelled, and the rest for the other."""
    if len(modelled) != 1 or weights.shape[1] != 2:
        raise ImportInvalid("the file has a GeneralRegressionModel that models other than one of two classes")
    [first] = modelled
    order = [first, 1 - first]
    linear = {"op": "linear", "columns": columns, "weights": weights[:, order], "bias": bias[order]}
    found = {"op": "link", "link": f"{link}_of_first", "of": linear}
    return found if first == 0 else {"op": "link", "link": "swapped", "of": found}


def _category(cell: Element, element: Element, classes: Sequence[str]) -> str:
    """The class that a parameter is for: where it is not said, the one that is not the reference, or the last."""
    if stated := cell.get("targetCategory"):
        return stated
    reference = element.get("targetReferenceCategory")
    return next((name for name in reversed(classes) if name != reference), "")


def _columns(element: Element, scope: PmmlScope) -> tuple[list[str], list[Node]]:
    """The parameters and what each is multiplied by."""
    names = [one.get("name") for one in _cells(element, "ParameterList", "Parameter")]
    factors = {one.get("name") for one in _cells(element, "FactorList", "Predictor")}
    columns = [constant_node(1.0) for _ in names]
    for cell in _cells(element, "PPMatrix", "PPCell"):
        name, value, parameter = cell.get("predictorName"), cell.get("value"), cell.get("parameterName")
        if parameter not in names:
            raise ImportInvalid(f"the file's parameter '{parameter[:40]}' is not in its ParameterList")
        of, place = scope.find(name), names.index(parameter)
        if name in factors:
            term = apply_node("equal", of.node, constant_node(value_as(value, of.kind)))
        else:
            exponent = cell.number("value")
            term = of.node if exponent == 1 else apply_node("pow", of.node, constant_node(exponent))
        is_first = columns[place] == constant_node(1.0)
        columns[place] = term if is_first else apply_node("*", columns[place], term)
    return names, columns


def _cells(element: Element, group: str, tag: str) -> list[Element]:
    found = element.child(group)
    return found.all(tag) if found else []
