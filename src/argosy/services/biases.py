"""The systematic error of each version that answers a service, as its training measured it on the validation part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from argosy.errors import ModelNotFound, VersionNotFound
from argosy.models.decisions import BiasStep
from argosy.models.systematic_error import BIASES, bias_among
from argosy.services.calls import AskedAnswer
from argosy.store.store import Store


class MeasuredBiases:
    """Of a store's versions; each is looked up once. `positive` is the label that is decided on, if any."""

    def __init__(self, read: Callable[[str, int], Mapping[str, float]], positive: str = "") -> None:
        self._read, self._positive = read, positive
        self._known: dict[tuple[str, int], Mapping[str, float]] = {}

    def knows(self, answer: AskedAnswer) -> bool:
        """Whether that of the version that gave it was looked up."""
        return (answer.model, answer.version) in self._known

    async def learn(self, answer: AskedAnswer) -> None:
        """Look it up; raises DatabaseUnavailable."""
        place = (answer.model, answer.version)
        if place not in self._known:
            self._known[place] = await asyncio.to_thread(self._read, *place)

    def __call__(self, answer: AskedAnswer) -> float | None:
        """None where training did not measure it."""
        biases = self._known.get((answer.model, answer.version), {})
        return bias_among(biases, self._positive or answer.label)


def stored_biases(store: Store, model: str, number: int) -> Mapping[str, float]:
    """Nothing of a version without any, of one that only another server's store has, and of one whose own decisions
    take its bias off already."""
    try:
        version = store.stored_version(f"{model}@{number}")
    except (ModelNotFound, VersionNotFound):
        return {}
    if any(isinstance(step, BiasStep) for step in version.decisions.steps):
        return {}
    biases: Mapping[str, float] = store.trained(version.label).confusion.get(BIASES, {})
    return biases
