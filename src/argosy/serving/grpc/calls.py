"""A call of a method: who calls, until when, its message parsed within limits, and its error as a status.

The methods of a service take a message and give one, or raise an error of `argosy.errors`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any, Final

import grpc

from argosy.errors import RequestInvalid, RequestTooSlow, RouteNotFound
from argosy.http.authentication import Authentication
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics
from argosy.serving.answer_headers import PREDICTION_HEADER
from argosy.serving.grpc.message_values import Layout, check_message_values, layout_of
from argosy.serving.grpc.messages import POOL, message_class, parsed_message
from argosy.serving.grpc.status_codes import code_of, details_of
from argosy.vault.tokens import Token

_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass
class GrpcCall:
    """What a method learns of a call besides its message, and what it adds to the answer."""

    metadata: Mapping[str, str]
    token: Token | None
    """None on a server that asks for none."""
    deadline: float
    """The time, by `time.perf_counter`, after which nobody waits for the answer."""
    trailing: tuple[tuple[str, str], ...] = ()
    """Metadata behind the answer."""


@dataclass(frozen=True)
class GrpcMethod:
    """`answer` gives a message, or its bytes. `scope` is what a token must open for it; empty: open to all."""

    service: str
    name: str
    answer: Callable[[Any, GrpcCall], Awaitable[Any]]
    scope: str = ""

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.name}"

    @property
    def route(self) -> str:
        """Its label in the metrics: `grpc_model_infer`."""
        return f"grpc_{_CAPITAL.sub('_', self.name).lower()}"


class MethodHandlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The methods behind authentication, limits and metrics. Belongs to the event loop's thread.

    Each is handled as a stream of one message, which is the same on the wire: its sender is authenticated before it is
    read, and reading it counts towards the limit of time.
    """

    def __init__(
        self,
        methods: Iterable[GrpcMethod],
        authentication: Authentication,
        metrics: RequestMetrics,
        limits: RequestLimits,
    ) -> None:
        self._authentication, self._metrics, self._limits = authentication, metrics, limits
        self._handlers = {
            method.path: grpc.stream_unary_rpc_method_handler(self._answering(method)) for method in methods
        }
        self._others = grpc.stream_stream_rpc_method_handler(_refuse)

    def service(self, handler_call_details: Any) -> Any:
        return self._handlers.get(handler_call_details.method, self._others)

    def _answering(self, method: GrpcMethod) -> Callable[[Any, Any], Awaitable[bytes]]:
        descriptor = POOL.FindServiceByName(method.service).methods_by_name[method.name].input_type
        kind, layout = message_class(descriptor.full_name), layout_of(descriptor)
        tally, seconds = self._metrics.route(method.route), self._limits.seconds

        async def answered(_: Any, context: Any) -> bytes:
            started, code = perf_counter(), grpc.StatusCode.CANCELLED
            error: Exception | None = None
            call, answer = GrpcCall({}, None, started), b""
            try:
                async with asyncio.timeout(seconds):
                    call = self._call(method, context, started)
                    message = await method.answer(await self._read(context, kind, layout), call)
                    answer = message if isinstance(message, bytes) else message.SerializeToString()
                code = grpc.StatusCode.OK
            except TimeoutError:
                error = RequestTooSlow(f"it took longer than the limit of {seconds:g} s")
            except Exception as problem:  # noqa: BLE001 - the edge: everything becomes an answer
                error = problem
            finally:
                if error is not None:
                    code = code_of(error)
                seconds_taken = perf_counter() - started
                tally.answered(code.name, seconds_taken)
                self._log(method, code.name, call, len(answer), seconds_taken)
            if error is not None:
                await context.abort(code, details_of(error))
            context.set_trailing_metadata(call.trailing)
            return answer

        return answered

    def _log(self, method: GrpcMethod, code: str, call: GrpcCall, size: int, seconds: float) -> None:
        if (log := self._metrics.access_log) is not None:
            first_id = dict(call.trailing).get(PREDICTION_HEADER, "").partition(",")[0]
            log.write("GRPC", method.path, code, size, seconds, call.token, first_id)

    def _call(self, method: GrpcMethod, context: Any, started: float) -> GrpcCall:
        """Raises TokenMissing, NotPermitted."""
        metadata = dict(context.invocation_metadata() or ())
        token = self._authentication.check(metadata.get("authorization", ""), method.scope)
        remaining = context.time_remaining()
        return GrpcCall(metadata, token, started + min(self._limits.seconds, inf if remaining is None else remaining))

    async def _read(self, context: Any, kind: Any, layout: Layout) -> Any:
        """Raises RequestInvalid, RequestTooLarge."""
        data = await context.read()
        if data is grpc.aio.EOF:  # also where the message was over the limit of bytes, which gRPC has said already
            raise RequestInvalid("the call has no message")
        check_message_values(data, layout, self._limits.values)
        return parsed_message(kind, data)


async def _refuse(_: Any, context: Any) -> None:
    error = RouteNotFound("there is no such method here; reflection lists those there are")
    await context.abort(code_of(error), details_of(error))
