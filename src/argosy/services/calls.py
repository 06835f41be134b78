"""What a client asks of a service, and what it is answered, in no protocol's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias

import msgspec

from argosy.serving.requests import InferResponse


class ServiceCall(msgspec.Struct, frozen=True):
    """`inputs` are rows of values by name; one with `candidates`, a list of rows, is asked about with each of them.

    `fill` names the features that are looked up, None: all. `model` is wanted in place of the service's own.
    """

    inputs: Sequence[Mapping[str, Any]]
    fill: Sequence[str] | None = None
    model: str = ""
    client: str | None = None
    subject: str | None = None
    entity: str | None = None
    token: str = ""
    deadline: float = inf
    """The time, by `time.perf_counter`, after which nobody waits for the answer."""
    protocol: str = "service"
    traceparent: str = ""


class FilledFeature(msgspec.Struct, array_like=True, frozen=True):
    """Where a feature's values come from: the `client`, the `cache`, its `default`s, or `nothing`.

    Values that the client has sent stay in front of others; `age` in seconds is that of the cache's.
    """

    source: str
    age: float | None = None
    is_stale: bool = False


class AskedAnswer(msgspec.Struct, array_like=True, frozen=True):
    """What one model said of a row."""

    name: str
    model: str
    version: int
    label: str
    confidence: float
    number: float | None = None
    """The probability of the positive label, or the number of a model of numbers."""


class ServiceRow:
    """One row on its way: `values` by name, which every part adds to."""

    __slots__ = (
        "answers",
        "decision",
        "features",
        "given",
        "group",
        "inputs",
        "policy",
        "propensity",
        "rank",
        "steps",
        "values",
    )

    def __init__(self, given: Mapping[str, Any], values: dict[str, Any], group: int) -> None:
        self.given, self.values, self.group = given, values, group
        """`group` is the place of the input that it belongs to."""
        self.features: dict[str, FilledFeature] = {}
        self.inputs: Mapping[str, Any] = values
        """As models see them."""
        self.answers: list[AskedAnswer] = []
        self.decision: str = ""
        self.policy: str = ""
        """What would have been decided without chance; empty: the same."""
        self.propensity: float | None = None
        """How likely this decision was; None: certain."""
        self.rank: int | None = None
        self.steps: list[tuple[str, dict[str, Any]]] = []
        """Each step with the values that it set."""


class ServiceAnswer(msgspec.Struct, frozen=True):
    """Rows in the order of the inputs and their candidates; `responses` are those of the models, the main one first."""

    service: str
    rows: Sequence[ServiceRow]
    responses: Sequence[InferResponse]

    @property
    def prediction_ids(self) -> Sequence[str]:
        """One a row."""
        return self.responses[0].prediction_ids


Told: TypeAlias = Callable[[ServiceAnswer | Exception], None]
