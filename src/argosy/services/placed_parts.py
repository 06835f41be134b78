"""Parts of a service that are done by other servers, asked over V2 in binary, on threads that each keep a connection.

What a server refuses is the request's fault here too; one that is away, or answers with an error of its own, makes the
service unavailable. A call has the seconds that are left of the request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

import msgspec

from argosy.definitions.remote_servers import origin_of
from argosy.errors import ArgosyError, RemoteModelUnavailable, RequestInvalid
from argosy.models.adapter import FieldKind
from argosy.models.remote_servers import RemoteServer
from argosy.models.tensor_messages import bytes_array
from argosy.models.v2_messages import V2Answer, V2Message, v2_answer, v2_request
from argosy.services.part_messages import (
    COLUMN,
    DecidedRow,
    PreparedRow,
    read_rows,
    row_to_decide,
    row_to_prepare,
    take_decided,
    take_prepared,
)
from argosy.services.placed_model import PlacedModel
from argosy.services.underway import Underway, start_work
from argosy.serving.added_models import Abandoned
from argosy.serving.model_thread import ModelThread
from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, InferResponse

CONNECTIONS: Final = 8
MOST_BYTES: Final = 100_000_000
CALL_SECONDS: Final = 10.0
METADATA_SECONDS: Final = 60.0


class PlacedServer:
    """One server, asked by several threads. All methods belong to the event loop's thread."""

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self._url = url
        origin = origin_of(url) or url
        self._path = url.rstrip("/").partition("://")[2].partition("/")[2]
        self._free = [(ModelThread(f"argosy-part-{n}"), RemoteServer(origin)) for n in range(connections)]
        self._all, self._waiting = list(self._free), asyncio.Semaphore(connections)

    async def call(self, path: str, body: V2Message | None, seconds: float) -> V2Message:
        """What is answered; raises RemoteModelUnavailable, InputInvalid, ImportedModelTooSlow."""
        async with self._waiting:
            thread, server = self._free.pop()
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    thread, server.exchange, f"{'/' if self._path else ''}{self._path}{path}", body, seconds, MOST_BYTES
                )
            finally:
                self._free.append((thread, server))

    async def said(self, path: str, seconds: float) -> Mapping[str, Any]:
        """An object that describes something; raises what `call` does."""
        answer = await self.call(path, None, seconds)
        try:
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise RemoteModelUnavailable(f"{self._url} answers what is no JSON object") from None

    async def ask(self, path: str, body: V2Message, deadline: float) -> V2Answer:
        """A model's outputs; raises what `call` does."""
        answer = await self.call(path, body, _left(deadline))
        try:
            return v2_answer(answer)
        except ValueError as problem:
            raise RemoteModelUnavailable(f"{self._url} answers what is not V2: {problem}") from None

    async def rows(self, model: str, rows: Sequence[bytes], kind: type[Any], deadline: float) -> list[Any]:
        """The rows that a part's model makes of these."""
        body = v2_request({COLUMN: bytes_array(list(rows))}, in_binary=True)
        answer = await self.ask(f"/v2/models/{quote(model, safe='')}/infer", body, deadline)
        made = answer.outputs.get(COLUMN)
        try:
            found = read_rows(made.tolist() if made is not None and made.dtype.kind == "O" else [b""], kind)
        except RequestInvalid:
            raise RemoteModelUnavailable(
                f"{self._url} answers for '{model}' what is none of a service's rows"
            ) from None
        if len(found) != len(rows):
            raise RemoteModelUnavailable(f"{self._url} answers for '{model}' with {len(found)} of {len(rows)} rows")
        return found

    def close(self) -> None:
        for thread, _ in self._all:
            thread.shutdown()


class PlacedPreProcessor:
    def __init__(self, server: PlacedServer, model: str) -> None:
        self._server, self._model = server, model

    async def prepared(self, calls: Sequence[Underway]) -> Sequence[Underway]:
        return await _each(calls, self._one)

    async def _one(self, one: Underway) -> None:
        names = [feature.name for feature in one.chosen]
        rows = [row_to_prepare(row, names) for row in one.rows]
        made = await self._server.rows(self._model, rows, PreparedRow, one.call.deadline)
        for row, given in zip(one.rows, made, strict=True):
            take_prepared(row, given)


class PlacedPostProcessor:
    def __init__(self, server: PlacedServer, model: str) -> None:
        self._server, self._model = server, model

    def waits(self, calls: Sequence[Underway]) -> bool:  # noqa: ARG002
        return True

    def decided(self, calls: Sequence[Underway]) -> Sequence[Underway]:
        raise AssertionError(calls)  # it always waits

    async def decided_later(self, calls: Sequence[Underway]) -> Sequence[Underway]:
        return await _each(calls, self._one)

    async def _one(self, one: Underway) -> None:
        rows = [row_to_decide(row) for row in one.rows]
        made = await self._server.rows(self._model, rows, DecidedRow, one.call.deadline)
        for row, given in zip(one.rows, made, strict=True):
            take_decided(row, given)


async def _each(calls: Sequence[Underway], work: Callable[[Underway], Any]) -> list[Underway]:
    """Those that came through; the others are ended with what was wrong."""
    problems = await asyncio.gather(*map(work, calls), return_exceptions=True)
    left = []
    for one, problem in zip(calls, problems, strict=True):
        if problem is None:
            left.append(one)
        elif isinstance(problem, ArgosyError):
            one.end(problem)
        elif isinstance(problem, BaseException):
            raise problem
    return left


class PlacedModels:
    """Models of another server, in the place of a data plane. Each is described by it once a minute.

    Predictions have ids of this server, which logs them: the other may be of another project.
    """

    def __init__(self, server: PlacedServer, new_ids: Callable[[int], Sequence[str]]) -> None:
        self._server, self._new_ids = server, new_ids
        self._described: dict[str, tuple[float, PlacedModel]] = {}

    def reads(self, model: str, version: int | str | None = None) -> Mapping[str, FieldKind]:  # noqa: ARG002
        """Not known before it is asked: rows are taken as they are, see `PlacedModel.columns`."""
        return {}

    def submit(self, request: InferRequest, done: Done) -> Abandoned:
        return start_work(self._ask(request), done)

    async def _ask(self, request: InferRequest) -> InferResponse:
        path = f"/v2/models/{quote(request.model, safe='')}"
        if request.version is not None:
            path += f"/versions/{quote(str(request.version), safe='')}"
        there = await self._description(path, request.deadline)
        columns = there.columns(request.inputs)
        body = v2_request(columns, there.outputs, _who(request), in_binary=there.takes_binary)
        answer = await self._server.ask(f"{path}/infer", body, request.deadline)
        try:
            return there.response(request, answer, self._new_ids(len(request.inputs)))
        except (KeyError, TypeError, ValueError):
            raise RemoteModelUnavailable(
                f"the answer of '{request.model}' is none of a model of labels or numbers"
            ) from None

    async def _description(self, path: str, deadline: float) -> PlacedModel:
        known = self._described.get(path)
        if known is None or known[0] < time.monotonic():
            model = await self._server.said(path, _left(deadline))
            server = await self._server.said("/v2", _left(deadline))
            found = PlacedModel.described(path, model, server)
            known = self._described[path] = (time.monotonic() + METADATA_SECONDS, found)
        return known[1]


def _left(deadline: float) -> float:
    return max(0.001, min(CALL_SECONDS, deadline - perf_counter()))


def _who(request: InferRequest) -> dict[str, str]:
    said = {"client": request.client, "subject": request.subject, "entity": request.entity}
    return {name: value for name, value in said.items() if value is not None}
