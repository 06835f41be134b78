"""One version of a model in the server, and the states it passes through.

States follow one another in this order and no other: start → loading → available → unloading → gone;
a load that went wrong leads to failed instead of available, and from there to loading again or to gone.
Available is announced after the version can be asked, unloading after no new request can reach it.
"""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from argosy.models.adapter import FieldKind
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.models.temperature import Temperature
from argosy.serving.latency import LatencyEstimate
from argosy.serving.model_thread import Lane
from argosy.serving.request_queue import RequestQueue
from argosy.serving.version_statistics import VersionStatistics
from argosy.types import Input


class ServableState(StrEnum):
    """Where a version is in its life; TensorFlow Serving's words on the wire."""

    START = "START"
    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    GONE = "END"
    FAILED = "FAILED"


class Predictor(Protocol):
    """What a loaded version can do: the served form of an adapted model."""

    form: str
    """Which form of the model this is; see `models/served.py`."""
    classes: list[str]
    """Of one that answers numbers, `value` alone; see `answer_kind`."""
    has_probabilities: bool
    temperature: Temperature | None
    """By which scores become probabilities, where it has none of its own."""
    answered_from: NDArray[np.float64] | None
    """Of a model of several labels, the probability from which each is answered; its answers are JSON lists."""
    reads: Mapping[str, FieldKind]
    """The fields of a dictionary that it looks at; a lone text may come as it is."""
    waits: bool
    """Whether it waits for another process: it is asked on a thread of its own."""

    @property
    def is_ready(self) -> bool:
        """Whether it could answer at once."""

    def score(self, inputs: Sequence[Input], limit: int) -> NDArray[np.float64]:
        """Probabilities, or decision scores where there are none, of shape (inputs, classes).

        `limit` is the most bytes of text that one input may have. Raises InputInvalid.
        """


@dataclass(frozen=True)
class ArtifactReference:
    """What a version is before it is loaded: its definition's label and its artifact's digest, and `MODEL@NUMBER`."""

    label: str
    artifact: str
    version: str = ""
    decisions: Decisions = NO_DECISIONS
    """What is made of its answers; may change while it is loaded."""

    def __str__(self) -> str:
        """As people know it, and as plans do."""
        return f"{self.version} ({self.label})" if self.version else self.label


@dataclass
class Servable:
    """A version and its state. `in_flight` belongs to the event loop's thread; the manager only reads it."""

    model: str
    version: int
    reference: ArtifactReference
    state: ServableState = ServableState.START
    predictor: Predictor | None = None
    error: str = ""
    """Why it could not be loaded, or what it waits for."""
    memory_bytes: int = 0
    """What it is expected to take once it is loaded; 0: not known yet."""
    retry_at: float = 0.0
    attempts: int = 0
    load_seconds: float = 0.0
    in_flight: int = 0
    latency: LatencyEstimate = field(default_factory=LatencyEstimate)
    statistics: VersionStatistics = field(default_factory=VersionStatistics)
    queue: RequestQueue = field(default_factory=RequestQueue)
    timer: TimerHandle | None = None
    """Until which the first request of a batch waits for others."""
    lane: Lane[Servable] | None = None
    """The thread of one that waits, from its first request on."""

    @property
    def is_ready(self) -> bool:
        """Whether it could answer at once."""
        predictor = self.predictor
        return self.state is ServableState.AVAILABLE and predictor is not None and predictor.is_ready
