"""What a package offers over HTTP: endpoints, and what the OpenAPI document and the front page say of them.

An endpoint's handler takes a request and returns a response, or raises an error of `argosy.errors`; authentication, the
limit of time, error answers and request metrics are added where it is mounted (`application.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.request_head import RequestHead
from argosy.vault.tokens import Token

Handler = Callable[[Request], Awaitable[Response]]
CALLER = "argosy.caller"
"""Where a request's scope has the token that it was let in with; None on a server that asks for none."""
DEADLINE = "argosy.deadline"
"""Where it has the time, by `time.perf_counter`, after which nobody waits for the answer."""
DEADLINE_SECONDS = "argosy.deadline_seconds"
"""Where it has how long an answer may take, and as long again each piece of one that is sent in pieces."""
STOPPING = "argosy.stopping"
"""Where it has the `asyncio.Event` that is set when the server stops."""
TEXT = "text"
"""What an endpoint `gives` that answers in plain text."""
HTML = "html"
"""What one gives that answers with a page."""


class FastRequest(Protocol):
    """A request on the fast lane (`fast_lane.py`). Exactly one of `answer` and `fail` is called, at once or later."""

    body: bytes
    caller: Token | None
    deadline: float
    """The time, by `time.perf_counter`, after which nobody waits for the answer."""
    on_lost: Callable[[], None] | None
    """To be called where nobody waits any more."""

    @property
    def prepared(self) -> Any:
        """What the handler made of the head."""

    def answer(self, status: int, fields: bytes, body: bytes) -> None:
        """`fields` are whole lines of the head."""

    def fail(self, error: Exception) -> None:
        """Answer with what went wrong."""


class FastHandler(Protocol):
    """Answers an endpoint's requests without a task of their own."""

    content_types: tuple[str, ...]
    """Those that it reads."""

    def prepare(self, head: RequestHead, parameters: Mapping[str, str]) -> Any:
        """What follows from a request's head alone, once for all requests that begin with the same bytes; raises an
        error of `argosy.errors` where such requests are to go to the endpoint's other handler."""

    def answer(self, request: FastRequest) -> None:
        """Begin to answer; what it raises is the answer."""


@dataclass(frozen=True)
class ErrorForm:
    """How a protocol writes that a request failed: the schema's name, and the JSON value of a status and a message."""

    schema: str
    write: Callable[[int, str], Any]


OWN_FORM = ErrorForm("Error", lambda _status, message: {"error": message})


@dataclass(frozen=True)
class Endpoint:
    """`name` is its operation id and its label in the metrics; `takes` and `gives` name schemas of the document."""

    method: str
    path: str
    name: str
    handler: Handler
    summary: str
    """Empty: left out of the document."""
    gives: str
    takes: str = ""
    scope: str = ""
    """What a token must open for it; empty: open to all."""
    tag: str = "argosy"
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """Header fields that it reads, with what they say."""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    """Other successes than 200, with what they say."""
    errors: ErrorForm = OWN_FORM
    fast: FastHandler | None = None
    """Answers plain requests in the handler's place."""


@dataclass(frozen=True)
class DocumentPart:
    """What the OpenAPI document says of the moment, such as of the models that are loaded."""

    paths: Mapping[str, Any] = field(default_factory=dict)
    schemas: Mapping[str, Any] = field(default_factory=dict)
    entries: Mapping[str, str] = field(default_factory=dict)
    """Lines for the front page, by name."""


@dataclass(frozen=True)
class Routes:
    """What one package offers. Endpoints that are asked most often come first."""

    endpoints: Sequence[Endpoint]
    schemas: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """JSON schemas that `takes` and `gives` name."""
    types: Sequence[type] = ()
    """The same as types of msgspec, under the types' names."""
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    """What each `{name}` of the paths means."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Lines for the front page."""
    describe: Callable[[], DocumentPart] = DocumentPart
    """Called whenever somebody reads the document who may ask the routes of `describe_scope`."""
    describe_scope: str = ""
    on_stopping: Callable[[], None] = lambda: None
    """Called when the server is asked to stop, while it still answers the last requests."""


def check_routes_distinct(offered: Sequence[Routes]) -> None:
    """Raises ValueError where two packages, or one twice, use the same name or path: one would hide the other."""
    endpoints = [endpoint for routes in offered for endpoint in routes.endpoints]
    schemas = [[*routes.schemas, *(one.__name__ for one in routes.types)] for routes in offered]
    for noun, names in (
        ("endpoint", [endpoint.name for endpoint in endpoints]),
        ("route", [f"{endpoint.method} {endpoint.path}" for endpoint in endpoints]),
        ("schema", [name for of_package in schemas for name in of_package]),
        ("place", [name for routes in offered for name in routes.places]),
    ):
        if doubled := [name for name, times in Counter(names).items() if times > 1]:
            raise ValueError(f"two {noun}s are called '{doubled[0]}'")
