"""The parts of a service for other processes, which ask them over V2: `service.NAME.prepare`, `service.NAME.decide`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import numpy as np

from argosy.definitions.service import Service
from argosy.errors import RequestInvalid, VersionNotFound
from argosy.models.signature import DEFAULT_SIGNATURE
from argosy.models.tensor_messages import bytes_array
from argosy.models.tensor_rows import TensorRows
from argosy.services.calls import ServiceAnswer, ServiceCall, ServiceRow
from argosy.services.filling import Filling
from argosy.services.part_messages import (
    COLUMN,
    PART_SIGNATURE,
    RowToDecide,
    RowToPrepare,
    decided_row,
    prepared_row,
    read_rows,
    service_row,
)
from argosy.services.service_plane import Deciding, Preparing
from argosy.services.underway import Underway, start_work
from argosy.serving.added_models import Abandoned
from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, InferResponse, ModelMetadata
from argosy.serving.routing import ModelRouting

_NONE: Final = np.empty((0, 0))


class PartModel:
    """`work` makes texts of texts, a row each, and raises what a call of the part does."""

    def __init__(self, name: str, digest: str, work: Callable[[Sequence[bytes]], Awaitable[list[bytes]]]) -> None:
        self.name, self._work = name, work
        signatures = {DEFAULT_SIGNATURE: PART_SIGNATURE}
        self._metadata = ModelMetadata(name, 0, digest, [], {}, [], False, None, None, {}, signatures=signatures)

    def metadata(self) -> ModelMetadata:
        return self._metadata

    def routing(self) -> ModelRouting:
        """It has no versions."""
        return ModelRouting({})

    def is_ready(self, version: int | str | None = None) -> bool:
        """Answers say that they are of version 0."""
        if version is not None and str(version) != "0":
            raise VersionNotFound(f"'{self.name}' has no versions")
        return True

    def submit(self, request: InferRequest, done: Done) -> Abandoned:
        """Raises RequestInvalid."""
        if not isinstance(request.inputs, TensorRows):
            raise RequestInvalid(f"'{self.name}' takes the tensor '{COLUMN}'")
        texts: list[bytes] = request.inputs.arrays[COLUMN].tolist()
        return start_work(self._answer(texts), done)

    async def _answer(self, texts: Sequence[bytes]) -> InferResponse:
        made = await self._work(texts)
        none = [""] * len(made)
        outputs = {COLUMN: bytes_array(made)}
        scores = [0.0] * len(made)
        return InferResponse(
            self.name, 0, [], none, scores, _NONE, _NONE, none, "tensors", outputs=outputs, is_batched=True
        )


def preparing_model(name: str, service: Service, part: Preparing) -> PartModel:
    """The pre-processor of a service."""
    filling = Filling(service)

    async def work(texts: Sequence[bytes]) -> list[bytes]:
        given: list[RowToPrepare] = read_rows(texts, RowToPrepare)
        rows = [service_row(one.values) for one in given]
        ended: list[ServiceAnswer | Exception] = []
        chosen = [filling.chosen(one.fill) for one in given]
        calls = [Underway(ServiceCall([]), [row], each, ended.append) for row, each in zip(rows, chosen, strict=True)]
        await part.prepared(calls)
        return _written(rows, ended, prepared_row)

    return PartModel(name, service.digest, work)


def deciding_model(name: str, service: Service, part: Deciding) -> PartModel:
    """The post-processor of a service; the rows of one request are decided together."""

    async def work(texts: Sequence[bytes]) -> list[bytes]:
        given: list[RowToDecide] = read_rows(texts, RowToDecide)
        if not all(one.answers for one in given):
            raise RequestInvalid("a row has no answer of a model to be decided on")
        rows = [service_row(one.values, one.group, one.answers) for one in given]
        ended: list[ServiceAnswer | Exception] = []
        await part.decided_later([Underway(ServiceCall([]), rows, (), ended.append)])
        return _written(rows, ended, decided_row)

    return PartModel(name, service.digest, work)


def _written(
    rows: Sequence[ServiceRow], ended: Sequence[ServiceAnswer | Exception], write: Callable[[ServiceRow], bytes]
) -> list[bytes]:
    """The rows after a part; raises why a call was ended."""
    for problem in ended:
        if isinstance(problem, Exception):
            raise problem
    return [write(row) for row in rows]
