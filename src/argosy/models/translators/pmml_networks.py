"""PMML's neural networks, as layers of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.formulas.network import ACTIVATIONS, NORMALISATIONS
from argosy.models.translators.pmml_scope import PmmlScope, constant_node, field_node
from argosy.models.translators.pmml_trees import class_place
from argosy.models.translators.xml_elements import Element

Node = dict[str, Any]
_ANSWER = "what the network answers"


def translate_network(element: Element, scope: PmmlScope, classes: Sequence[str]) -> Node:
    """Raises ImportInvalid."""
    inputs, outputs = element.child("NeuralInputs"), element.child("NeuralOutputs")
    if inputs is None or outputs is None:
        raise ImportInvalid("the file has a NeuralNetwork without NeuralInputs or NeuralOutputs")
    columns, places = list[Node](), dict[str, int]()
    for one in inputs.all("NeuralInput"):
        places[one.get("id")] = len(columns)
        columns.append(scope.derived(_derived(one)).node)
    layers, last = [], dict[str, int]()
    for layer in element.all("NeuralLayer"):
        layers.append(_layer(layer, element, places))
        last = {one.get("id"): place for place, one in enumerate(layer.all("Neuron"))}
        places |= {name: len(places) + place for name, place in last.items()}
    listed = [(one, _place(one.get("outputNeuron"), last)) for one in outputs.all("NeuralOutput")]
    network: Node = {"op": "network", "columns": columns, "layers": layers}
    if not classes:
        return _number(network, listed)
    by_class = {name: place for place, name in enumerate(classes)}
    chosen: dict[int, int] = {}
    for one, place in listed:
        expression = _derived(one).child("NormDiscrete")
        if expression is None:
            raise ImportInvalid("the file has a NeuralNetwork for classes with an output that is none")
        chosen[class_place(expression.get("value"), by_class)] = place
    if len(chosen) == len(classes):
        return {**network, "outputs": [chosen[place] for place in range(len(classes))]}
    if len(classes) == 2 and len(chosen) == 1:
        [(named, place)] = chosen.items()
        one_output = {**network, "outputs": [place]}
        ends = [
            field_node(_ANSWER),
            {"op": "apply", "function": "-", "arguments": [constant_node(1.0), field_node(_ANSWER)]},
        ]
        return _after(one_output, ends if named == 0 else ends[::-1])
    raise ImportInvalid("the file's NeuralNetwork has no output for some class")


def _number(network: Node, listed: Sequence[tuple[Element, int]]) -> Node:
    """The only output, turned back into the target's scale where it has one."""
    if len(listed) != 1:
        raise ImportInvalid("the file's NeuralNetwork for a number has other than one output")
    (output, place) = listed[0]
    one = {**network, "outputs": [place]}
    scaled = _derived(output).child("NormContinuous")
    if scaled is None:
        return one
    points = sorted((point.number("norm"), point.number("orig")) for point in scaled.all("LinearNorm"))
    x, y = ([point[place] for point in points] for place in (0, 1))
    return _after(one, [{"op": "interpolate", "of": field_node(_ANSWER), "x": x, "y": y, "outside": "extend"}])


def _after(network: Node, columns: list[Node]) -> Node:
    """Expressions of what the network's only output answers."""
    step = {"model": network, "when": constant_node(1.0), "labels": [], "outputs": [[_ANSWER, 0]]}
    return {"op": "steps", "steps": [step], "of": {"op": "columns", "of": columns}}


def _layer(layer: Element, network: Element, places: dict[str, int]) -> Node:
    neurons = layer.all("Neuron")
    function = layer.get("activationFunction") or network.get("activationFunction")
    normalisation = layer.get("normalizationMethod") or network.get("normalizationMethod", "none")
    if function not in ACTIVATIONS or normalisation not in NORMALISATIONS:
        raise ImportInvalid(
            f"the file's layers use {function[:40]} and {normalisation[:40]}, which cannot be translated"
        )
    weights = np.zeros((len(places), len(neurons)))
    for number, neuron in enumerate(neurons):
        for one in neuron.all("Con"):
            weights[_place(one.get("from"), places), number] += one.number("weight")
    bias = np.array([one.number("bias", 0.0) for one in neurons])
    return {"weights": weights, "bias": bias, "function": function, "normalisation": normalisation}


def _place(name: str, places: dict[str, int]) -> int:
    if name not in places:
        raise ImportInvalid(f"the file's NeuralNetwork refers to the neuron '{name[:40]}', which is not there")
    return places[name]


def _derived(element: Element) -> Element:
    found = element.child("DerivedField")
    if found is None:
        raise ImportInvalid(f"the file has a {element.tag} without a DerivedField")
    return found
