"""Answers as rows and as columns of named values, as TensorFlow Serving and MLflow write them. Pure."""

from __future__ import annotations

from typing import Any

from argosy.serving.requests import InferResponse
from argosy.serving.tensors import SCORES, TOP_OUTPUTS


def prediction_rows(response: InferResponse) -> dict[str, Any]:
    """`{"predictions": […]}`: an object a row; of a model of numbers the numbers alone, with the ids next to them."""
    if response.kind == "regress":  # one output has no name, as TensorFlow Serving has it
        return {"predictions": response.values, "prediction_ids": response.prediction_ids}
    columns = _columns(response)
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]}


def prediction_columns(response: InferResponse) -> dict[str, Any]:
    """`{"outputs": …}`: the same values, each name once, with a value for every row."""
    if response.kind == "regress":
        return {"outputs": response.values, "prediction_ids": response.prediction_ids}
    return {"outputs": _columns(response)}


def _columns(response: InferResponse) -> dict[str, Any]:
    columns = {
        "label": response.answers,
        "confidence": response.confidences,
        "probabilities": response.probabilities.tolist(),
        **dict(zip(TOP_OUTPUTS, response.top or (), strict=False)),
        "prediction_id": response.prediction_ids,
    }
    return {**columns, SCORES: response.scores.tolist()} if response.wants_scores else columns
