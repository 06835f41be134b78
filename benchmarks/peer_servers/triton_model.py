"""A model of Triton's Python backend, which batches before it: the pipeline, or a constant, by the model's name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import triton_python_backend_utils as triton
from answers import Models


class TritonPythonModel:
    def initialize(self, args: dict[str, str]) -> None:
        self._models, self._name = Models(), json.loads(args["model_config"])["name"]

    def execute(self, requests: list[Any]) -> list[Any]:
        """All requests of a batch are asked at once."""
        columns = [triton.get_input_tensor_by_name(one, "text").as_numpy().ravel() for one in requests]
        texts = [text.decode() for column in columns for text in column]
        labels, probabilities = self._models.ask(self._name, texts)
        names, table = np.array(labels, dtype=object).reshape(-1, 1), np.array(probabilities)
        answers, first = [], 0
        for column in columns:
            rows = slice(first, first := first + len(column))
            outputs = [triton.Tensor("label", names[rows]), triton.Tensor("probabilities", table[rows])]
            answers.append(triton.InferenceResponse(outputs))
        return answers
