"""A sparse adapter before a linear estimator: one text costs its n-grams' rows of weights and their weighted sum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import exp
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from argosy.models.answers import Scores
from argosy.models.inputs import TEXT_BYTES, check_input, check_inputs
from argosy.models.links import Link, inverse_link
from argosy.models.served import Encoder, Scorer
from argosy.models.temperature import Temperature
from argosy.types import Input

Indices = list[int] | NDArray[np.signedinteger[Any]]

_ONES = np.ones(4096)  # a product with ones adds up in half the time of a sum


class SparseEncoder(Encoder, Protocol):
    """An adapter whose row is a handful of features."""

    @property
    def width(self) -> int: ...

    def encode(self, item: Input) -> tuple[NDArray[np.intp], NDArray[np.float64]]: ...

    def encode_all(self, inputs: Sequence[Input]) -> Any: ...


class LinearScorer(Scorer, Protocol):
    """An estimator that ends as weights; see `LinearEstimator`."""

    weights_: Scores
    bias_: Scores

    @property
    def link(self) -> Link: ...

    def rows(self, width: int) -> NDArray[np.int32] | None: ...


class SparseLinear:
    """Holds the estimator's own arrays: nothing is copied, so memory-mapped weights stay shared."""

    form = "sparse_linear"
    waits, is_ready = False, True
    temperature: Temperature | None = None

    def __init__(
        self,
        adapter: SparseEncoder,
        estimator: LinearScorer,
        classes: list[str],
        answered_from: Scores | None = None,
    ) -> None:
        self._adapter, self._estimator, self.classes = adapter, estimator, classes
        self.has_probabilities, self.reads = estimator.has_probabilities, adapter.reads
        self.answered_from = answered_from
        self._encode, self._weights, self._bias = adapter.encode, estimator.weights_, estimator.bias_
        self._rows = estimator.rows(adapter.width)
        self._is_pair = self._weights.shape[1] == 1 and estimator.link != "number"
        if self._is_pair:
            self._weights = self._weights[:, 0]
        self._link = _LINKS[estimator.link]

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        check_input(item, limit)
        return self._score(item)

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        rows = check_inputs(inputs, limit)
        if len(rows) == 1:
            return self._score(rows[0])[None]
        return self._answer_all(self._adapter.encode_all(rows))

    def from_rows(self, features: Any) -> Scores:
        ends, indices = features.indptr.tolist(), features.indices
        spans = [slice(*pair) for pair in pairwise(ends)]
        answers = [self._answer(indices[span], features.data[span]) for span in spans]
        return np.array(answers).reshape(len(spans), len(self.classes))

    def _score(self, item: Input) -> Scores:
        return self._answer(*self._encode(item))

    def _answer_all(self, features: Any) -> Scores:
        """Many at once, which costs an array operation for all where `_answer` costs one for each."""
        if self._rows is not None:
            places = self._rows.take(features.indices)
            shape = (features.shape[0], len(self._weights))
            features = type(features)((features.data, places, features.indptr), shape)
        decision = np.asarray(features @ self._weights + self._bias)
        if self.has_probabilities:
            return inverse_link(decision[:, None] if self._is_pair else decision, self._estimator.link)
        return np.stack([-decision, decision], axis=1) if self._is_pair else decision

    def _answer(self, indices: Indices, values: Scores) -> Scores:
        rows = indices if self._rows is None else self._rows.take(indices)
        if self._is_pair:
            return _pair(values.dot(self._weights[rows]).item() + self._bias.item(), self.has_probabilities)
        return self._link(values.dot(self._weights.take(rows, axis=0)) + self._bias)


def _pair(decision: float, has_probabilities: bool) -> Scores:
    if not has_probabilities:
        return np.array([-decision, decision])
    second = _sigmoid(decision)
    return np.array([1 - second, second])


def _softmax(decision: Scores) -> Scores:
    powers: Scores = np.exp(decision - decision[decision.argmax()])
    powers /= powers.dot(_ONES[: len(powers)] if len(powers) <= len(_ONES) else np.ones(len(powers)))
    return powers


def _one_vs_rest(decision: Scores) -> Scores:
    odds = np.array([_sigmoid(value) for value in decision.tolist()])
    total = np.add.reduce(odds)
    return odds / total if total > 0 else np.full(len(odds), 1 / len(odds))


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1 / (1 + exp(-value))
    small = exp(value)
    return small / (1 + small)


def _each(decision: Scores) -> Scores:
    small = np.exp(-np.abs(decision))
    return np.asarray(np.where(decision >= 0, 1, small) / (1 + small))


_LINKS: dict[str, Callable[[Scores], Scores]] = {
    "none": lambda decision: decision,
    "softmax": _softmax,
    "one_vs_rest": _one_vs_rest,
    "each": _each,
    "number": lambda decision: decision,
}
