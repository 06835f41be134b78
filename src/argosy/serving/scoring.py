"""The second of the data plane's three steps: rows of one or of many requests to scores, in one call of the model.

A request's rows are its own: where some request has a row that the model cannot take, that request fails, and the
others get their scores. Nothing here knows of a protocol, a log or an event loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from argosy.errors import InputInvalid, RequestTooSlow
from argosy.models.answers import check_scores
from argosy.serving.servable import Predictor
from argosy.types import Input

Scores = NDArray[np.float64]


def score_request(predictor: Predictor, inputs: Sequence[Input], text_bytes: int) -> Scores:
    """(rows, classes) of one request's rows; raises InputInvalid naming the row, or what else the model raises."""
    try:
        return check_scores(predictor.score(inputs, text_bytes))
    except InputInvalid as problem:
        raise _named(predictor, inputs, text_bytes, problem) from None


def score_requests(
    predictor: Predictor, requests: Sequence[Sequence[Input]], text_bytes: int
) -> list[Scores | Exception]:
    """The scores of each request's rows, or why it has none. All are scored in one call, as long as none fails."""
    together = [row for inputs in requests for row in inputs]
    try:
        scores = check_scores(predictor.score(together, text_bytes))
    except RequestTooSlow as problem:  # another call for each would take as long again
        return [problem] * len(requests)
    except Exception:  # noqa: BLE001 - whatever it is, one request's rows may be the cause
        return [_alone(predictor, inputs, text_bytes) for inputs in requests]
    ends = np.cumsum([len(inputs) for inputs in requests])
    return [scores[end - len(inputs) : end] for inputs, end in zip(requests, ends, strict=True)]


def _alone(predictor: Predictor, inputs: Sequence[Input], text_bytes: int) -> Scores | Exception:
    try:
        return score_request(predictor, inputs, text_bytes)
    except Exception as problem:  # noqa: BLE001 - it is raised where this request's answer is awaited
        return problem


def _named(predictor: Predictor, inputs: Sequence[Input], text_bytes: int, problem: InputInvalid) -> InputInvalid:
    """The problem of the first row that has one by itself, and which row that is; found in halves."""
    first, end = 0, len(inputs)
    while end - first > 1:
        middle = (first + end) // 2
        first, end = (middle, end) if _problem(predictor, inputs[first:middle], text_bytes) is None else (first, middle)
    alone = _problem(predictor, inputs[first:end], text_bytes)
    return problem if alone is None else type(alone)(f"row {first + 1}: {str(alone).removeprefix('row 1: ')}")


def _problem(predictor: Predictor, inputs: Sequence[Input], text_bytes: int) -> InputInvalid | None:
    try:
        check_scores(predictor.score(inputs, text_bytes))
    except InputInvalid as problem:
        return problem
    return None
