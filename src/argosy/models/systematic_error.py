"""By how much a model is off on average, which what is decided on its answers may take off. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from argosy.models.answer_kinds import VALUE

BIASES = "biases"
"""Where a result keeps them: of the validation part, so that figures of the test part stay honest."""


def biases_of_labels(
    codes: NDArray[np.int64], probabilities: NDArray[np.float64], classes: Sequence[str]
) -> dict[str, float]:
    """Of each class the mean probability minus the share of the rows that have it (calibration in the large).

    `codes` has the class of each row, -1 where the model does not know it; `probabilities` is (rows, classes).
    """
    shares = np.bincount(codes[codes >= 0], minlength=len(classes)) / len(codes)
    return dict(zip(classes, (probabilities.mean(axis=0) - shares).tolist(), strict=True))


def bias_of_numbers(truth: NDArray[np.float64], answers: NDArray[np.float64]) -> dict[str, float]:
    """The mean of answer minus truth."""
    return {VALUE: float((answers - truth).mean())}


def bias_among(biases: Mapping[str, float], label: str) -> float | None:
    """That of a label, or of numbers; None where it was not measured."""
    return biases.get(VALUE) if list(biases) == [VALUE] else biases.get(label)
