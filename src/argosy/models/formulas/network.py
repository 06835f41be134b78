"""Layers of neurons: each adds up what any earlier ones say, and applies a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from argosy.models.formulas.links import INVERSES, LINKS

Table = NDArray[np.float64]
ACTIVATIONS: Final[dict[str, Callable[[Table], Table]]] = {
    "identity": lambda table: table,
    "logistic": INVERSES["logit"],
    "tanh": np.tanh,
    "exponential": np.exp,
    "reciprocal": lambda table: 1 / table,
    "square": np.square,
    "Gauss": lambda table: np.exp(-np.square(table)),
    "sine": np.sin,
    "cosine": np.cos,
    "Elliott": lambda table: table / (1 + np.abs(table)),
    "arctan": lambda table: 2 * np.arctan(table) / np.pi,
    "rectifier": lambda table: np.where(table > 0, table, table * 0),
}
NORMALISATIONS: Final = ("none", "simplemax", "softmax")


class NeuronLayers:
    """A layer is `{weights, bias, function, normalisation}`, its weights (all values before it, neurons)."""

    def __init__(self, layers: Sequence[Mapping[str, Any]], width: int, outputs: Sequence[int]) -> None:
        """Over a table of so many columns; `outputs` are places in the last layer. Raises ValueError, KeyError."""
        self._layers, self._outputs = [], list(outputs)
        for layer in layers:
            weights, bias = (np.asarray(layer[key], np.float64) for key in ("weights", "bias"))
            if weights.shape != (width, len(bias)) or layer["normalisation"] not in NORMALISATIONS:
                raise ValueError("a layer of other neurons than its weights")
            self._layers.append((weights, bias, ACTIVATIONS[layer["function"]], LINKS[layer["normalisation"]]))
            width += len(bias)
        if not self._layers or not all(0 <= place < len(self._layers[-1][1]) for place in self._outputs):
            raise ValueError("an output that is no neuron of the last layer")

    def answers(self, table: Table) -> Table:
        found = table
        for weights, bias, function, normalise in self._layers:
            found = normalise(function(table @ weights + bias))
            table = np.hstack([table, found])
        return np.asarray(found[:, self._outputs])
