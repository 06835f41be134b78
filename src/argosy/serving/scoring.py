"""The second of the data plane's three steps: rows of one or of many requests to scores, in one call of the model.

A request's rows are its own: where some request has a row that the model cannot take, that request fails, and the
others get their scores. Nothing here knows of a protocol, a log or an event loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from argosy.errors import InputInvalid, RequestTooSlow
from argosy.models.answers import check_scores
from argosy.serving.servable import Predictor
from argosy.types import Input

Scores = NDArray[np.float64]
_NONE = np.empty((0, 0))


class ScoredRequests(NamedTuple):
    """`scores` has the rows of all requests but those in `failed`, in the requests' order."""

    scores: Scores
    failed: Mapping[int, Exception]
    """Why a request has no scores, by its place among the requests."""


def score_request(predictor: Predictor, inputs: Sequence[Input], text_bytes: int) -> Scores:
    """(rows, classes) of one request's rows; raises InputInvalid naming the row, or what else the model raises."""
    try:
        return check_scores(predictor.score(inputs, text_bytes))
    except InputInvalid as problem:
        raise _named(predictor, inputs, text_bytes, problem) from None


def score_requests(
    predictor: Predictor, requests: Sequence[Sequence[Input]], text_bytes: int, deadlines: Sequence[float] = ()
) -> ScoredRequests:
    """The scores of the rows of those requests that can be scored. All are in one call, as long as none fails.

    Where it fails, each request is scored alone, those only whose deadline (by `time.perf_counter`) has not passed.
    """
    together = requests[0] if len(requests) == 1 else [row for inputs in requests for row in inputs]
    try:
        return ScoredRequests(check_scores(predictor.score(together, text_bytes)), {})
    except Exception as problem:  # noqa: BLE001 - whatever it is, one request's rows may be the cause
        if len(requests) == 1 and not isinstance(problem, InputInvalid):
            return ScoredRequests(_NONE, {0: problem})
        ends = deadlines or [inf] * len(requests)
        found = [_alone(predictor, inputs, text_bytes, end) for inputs, end in zip(requests, ends, strict=True)]
    failed = {place: one for place, one in enumerate(found) if isinstance(one, Exception)}
    scored = [one for one in found if not isinstance(one, Exception)]
    return ScoredRequests(np.concatenate(scored) if scored else _NONE, failed)


def _alone(predictor: Predictor, inputs: Sequence[Input], text_bytes: int, deadline: float) -> Scores | Exception:
    if perf_counter() > deadline:
        return RequestTooSlow("its time limit passed while others that were to be answered with it failed")
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
