"""A call of a service that is not answered yet, on its way through the parts."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.definitions.service_features import Feature
from argosy.services.calls import ServiceAnswer, ServiceCall, ServiceRow, Told
from argosy.serving.requests import InferRequest, InferResponse


class Underway:
    """`chosen` are the features that are looked up. A part ends calls that it cannot take further, each alone."""

    __slots__ = ("asked", "call", "chosen", "entities", "is_over", "responses", "rows", "told")

    def __init__(self, call: ServiceCall, rows: list[ServiceRow], chosen: Sequence[Feature], told: Told) -> None:
        self.call, self.rows, self.chosen, self.told = call, rows, chosen, told
        self.entities: list[str | None] = []
        self.asked: list[InferRequest] = []
        self.responses: list[InferResponse | None] = []
        self.is_over = False

    @property
    def main(self) -> InferResponse:
        """What the main model said, once it has."""
        return self.responses[0]  # type: ignore[return-value]

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self.is_over = True

    def end(self, answer: ServiceAnswer | Exception) -> None:
        """Tell whoever asked, once."""
        if not self.is_over:
            self.is_over = True
            self.told(answer)
