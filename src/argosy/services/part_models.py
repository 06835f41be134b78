"""The parts of a service for other processes, which ask them over V2: `service.NAME.prepare`, `service.NAME.decide`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import numpy as np

from argosy.definitions.service import Service
from argosy.errors import RequestInvalid
from argosy.models.signature import DEFAULT_SIGNATURE
from argosy.models.tensor_messages import bytes_array
from argosy.models.tensor_rows import TensorRows
from argosy.services.calls import ServiceCall, ServiceRow
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
from argosy.services.service_plane import Deciding, Preparing, settle_future
from argosy.services.underway import Underway
from argosy.serving.added_models import Abandoned
from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, InferResponse, ModelMetadata

_NONE: Final = np.empty((0, 0))


class _Work:
    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    def abandon(self) -> None:
        self._task.cancel()


class PartModel:
    """`work` makes texts of texts, a row each, and raises what a call of the part does."""

    def __init__(self, name: str, digest: str, work: Callable[[Sequence[bytes]], Awaitable[list[bytes]]]) -> None:
        self.name, self._work = name, work
        signatures = {DEFAULT_SIGNATURE: PART_SIGNATURE}
        self._metadata = ModelMetadata(name, 0, digest, [], {}, [], False, None, None, {}, signatures=signatures)

    def metadata(self) -> ModelMetadata:
        return self._metadata

    def submit(self, request: InferRequest, done: Done) -> Abandoned:
        """Raises RequestInvalid."""
        if not isinstance(request.inputs, TensorRows):
            raise RequestInvalid(f"'{self.name}' takes the tensor '{COLUMN}'")
        texts: list[bytes] = request.inputs.arrays[COLUMN].tolist()
        return _Work(asyncio.get_running_loop().create_task(self._answer(texts, done)))

    async def _answer(self, texts: Sequence[bytes], done: Done) -> None:
        try:
            made = await self._work(texts)
        except Exception as error:  # noqa: BLE001 - the caller receives it
            done(error)
            return
        none = [""] * len(made)
        outputs = {COLUMN: bytes_array(made)}
        scores = [0.0] * len(made)
        done(
            InferResponse(
                self.name, 0, [], none, scores, _NONE, _NONE, none, "tensors", outputs=outputs, is_batched=True
            )
        )


def preparing_model(name: str, service: Service, part: Preparing) -> PartModel:
    """The pre-processor of a service."""
    filling = Filling(service)

    async def work(texts: Sequence[bytes]) -> list[bytes]:
        given: list[RowToPrepare] = read_rows(texts, RowToPrepare)
        rows = [service_row(one.values) for one in given]
        calls = [_call([row], filling.chosen(one.fill)) for row, one in zip(rows, given, strict=True)]
        return await _through(part.prepared, calls, rows, prepared_row)

    return PartModel(name, service.digest, work)


def deciding_model(name: str, service: Service, part: Deciding) -> PartModel:
    """The post-processor of a service; the rows of one request are decided together."""

    async def work(texts: Sequence[bytes]) -> list[bytes]:
        given: list[RowToDecide] = read_rows(texts, RowToDecide)
        if not all(one.answers for one in given):
            raise RequestInvalid("a row has no answer of a model to be decided on")
        rows = [service_row(one.values, one.group, one.answers) for one in given]
        return await _through(part.decided_later, [_call(rows, ())], rows, decided_row)

    return PartModel(name, service.digest, work)


async def _through(
    part: Callable[[Sequence[Underway]], Awaitable[Sequence[Underway]]],
    calls: Sequence[tuple[Underway, asyncio.Future[object]]],
    rows: Sequence[ServiceRow],
    write: Callable[[ServiceRow], bytes],
) -> list[bytes]:
    """The rows after a part; raises why a call was ended."""
    await part([one for one, _ in calls])
    for _, ended in calls:
        if ended.done():
            ended.result()
    return [write(row) for row in rows]


def _call(rows: list[ServiceRow], chosen: Sequence[object]) -> tuple[Underway, asyncio.Future[object]]:
    ended: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    return Underway(ServiceCall([]), rows, chosen, partial(settle_future, ended)), ended  # type: ignore[arg-type]
