"""What every hand-written peer answers from: the pipeline or a constant, and V2's form of it."""

from __future__ import annotations

import os
from typing import Any

import joblib

CONSTANT = (["b"], [[0.25, 0.75]])


class Models:
    """The models of `benchmarks.serving` by name; scikit-learn's pipeline comes from the file named by PIPELINE."""

    def __init__(self) -> None:
        self._pipeline = joblib.load(os.environ["PIPELINE"])
        self._classes = self._pipeline.classes_

    def ask(self, model: str, texts: list[str]) -> tuple[list[str], list[list[float]]]:
        """Labels and probabilities."""
        if model == "noop":
            return CONSTANT[0] * len(texts), CONSTANT[1] * len(texts)
        probabilities = self._pipeline.predict_proba(texts)
        return self._classes[probabilities.argmax(axis=1)].tolist(), probabilities.tolist()


def v2_answer(model: str, labels: list[str], probabilities: list[list[float]]) -> dict[str, Any]:
    shape = [len(labels), len(probabilities[0])]
    flat = [value for row in probabilities for value in row]
    return {
        "model_name": model,
        "model_version": "1",
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": shape[:1], "data": labels},
            {"name": "probabilities", "datatype": "FP64", "shape": shape, "data": flat},
        ],
    }
