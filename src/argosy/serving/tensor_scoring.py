"""The second of the data plane's three steps for models of tensors: requests to outputs, rows of several in one call.

Only rows of one batched signature and of the same shapes are put together; each request gets the rows that it brought,
in its order. Where a call with several requests fails, each is asked alone. Nothing here knows of a protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import inf
from time import perf_counter
from typing import NamedTuple

import numpy as np

from argosy.errors import InputInvalid, RequestTooSlow
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.signature import Arrays, check_arrays
from argosy.models.tensor_rows import TensorRows
from argosy.types import Input


class RanRequests(NamedTuple):
    """`outputs` has one entry for each request but those in `failed`, in the requests' order."""

    outputs: list[Arrays]
    failed: Mapping[int, Exception]
    """Why a request has no outputs, by its place among the requests."""


def run_requests(
    served: ServedTensors, requests: Sequence[Sequence[Input]], deadlines: Sequence[float] = ()
) -> RanRequests:
    """The outputs of each. A call that fails for several is made again for each whose deadline has not passed."""
    ends = deadlines or [inf] * len(requests)
    found: dict[int, Arrays | Exception] = {}
    groups: dict[object, list[tuple[int, TensorRows]]] = {}
    for place, rows in enumerate(requests):
        try:
            checked = checked_tensor_rows(served, rows)
        except InputInvalid as problem:
            found[place] = problem
        else:
            groups.setdefault(_group(checked, place), []).append((place, checked))
    for group in groups.values():
        answers = _answered(served, [rows for _, rows in group], [ends[place] for place, _ in group])
        found.update(zip((place for place, _ in group), answers, strict=True))
    failed = {place: one for place, one in found.items() if isinstance(one, Exception)}
    return RanRequests([one for _, one in sorted(found.items()) if not isinstance(one, Exception)], failed)


def checked_tensor_rows(served: ServedTensors, rows: Sequence[Input]) -> TensorRows:
    """The rows, where the version takes them that answers: another may have been there when they were read.

    Raises InputInvalid.
    """
    if not isinstance(rows, TensorRows):
        raise InputInvalid("the model answers tensors by its signature, and reads neither texts nor fields")
    signature = served.signatures.get(rows.signature)
    if signature is None or signature.is_batched != rows.is_batched:
        raise InputInvalid("another version of the model answers now, with other signatures: ask again")
    check_arrays(signature, rows.arrays)
    return rows


def _group(rows: TensorRows, place: int) -> object:
    """What requests have in common that may be put together; of a request that is asked alone, its place."""
    return (rows.signature, rows.row_shapes) if rows.is_batched else place


def _answered(
    served: ServedTensors, requests: Sequence[TensorRows], ends: Sequence[float]
) -> Sequence[Arrays | Exception]:
    if len(requests) == 1:
        return [_alone(served, requests[0], inf)]
    names = list(requests[0].arrays)
    together = {name: np.concatenate([one.arrays[name] for one in requests]) for name in names}
    spans = list(pairwise(accumulate(map(len, requests), initial=0)))
    try:
        outputs = served.run(requests[0].signature, together, spans[-1][1])
    except Exception:  # noqa: BLE001 - one request may be the cause
        return [_alone(served, one, end) for one, end in zip(requests, ends, strict=True)]
    return [{name: one[first:end] for name, one in outputs.items()} for first, end in spans]


def _alone(served: ServedTensors, rows: TensorRows, end: float) -> Arrays | Exception:
    if perf_counter() > end:
        return RequestTooSlow("its time limit passed while others that were to be answered with it failed")
    try:
        return served.run(rows.signature, rows.arrays, len(rows))
    except Exception as problem:  # noqa: BLE001 - it is raised where this request's answer is awaited
        return problem
