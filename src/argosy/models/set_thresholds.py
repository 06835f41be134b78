"""From which probability each label is answered, tuned for F1 on rows with known labels. Pure.

`macro_f1`: every label has the threshold that is best for its own F1, which together are best for macro-F1.
`micro_f1`: one threshold for all labels, since micro-F1 is best where the least probable pair of text and label that
is answered is as probable as any other (Lipton, Elkan and Naryanaswamy 2014, "Optimal thresholding of classifiers to
maximize F1 measure").
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

SetGoal = Literal["macro_f1", "micro_f1"]
Floats = NDArray[np.float64]


def tuned_sets(probabilities: Floats, truth: NDArray[np.bool_], goal: SetGoal) -> Floats:
    """(classes,): the thresholds; `truth` is (rows, classes). A label that no row has keeps 0.5."""
    if goal == "micro_f1":
        return np.full(truth.shape[1], best_threshold(probabilities.ravel(), truth.ravel()))
    pairs = zip(probabilities.T, truth.T, strict=True)
    return np.array([best_threshold(probability, is_true) for probability, is_true in pairs])


def best_threshold(probability: Floats, truth: NDArray[np.bool_]) -> float:
    """Halfway between the last probability that the best F1 answers and the next one below; of equals, the highest."""
    positives = int(truth.sum())
    if not positives:
        return 0.5
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positives)
    is_last = np.append(ordered[1:] < ordered[:-1], True)  # equal probabilities are answered together
    last = int(np.where(is_last, f1, -1.0).argmax())
    below = ordered[last + 1] if last + 1 < len(ordered) else 0.0
    return float((ordered[last] + below) / 2)
