"""Which models a service asks about its rows, how a model sees them, and what steps know of its answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from argosy.definitions.service import AskedModel, Service
from argosy.definitions.service_steps import SCORE
from argosy.models.inputs import is_lone_text
from argosy.services.calls import AskedAnswer, ServiceCall, ServiceRow
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.traffic import keyed_draw
from argosy.types import Input


class Asking:
    """Of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._by_name = {name: [one for one in service.models if one.name == name] for name in service.model_names}
        self._key = bytes.fromhex(service.digest)

    def models(self, call: ServiceCall, about: str, chance: float) -> list[tuple[str, str]]:
        """The names of the answers with the models that are asked, the main one first.

        Of several with weights one is drawn: for the same entity, subject or client always the same.
        """
        found = []
        for place, (name, several) in enumerate(self._by_name.items()):
            reference = several[0].reference if len(several) == 1 else self._drawn(several, about, chance)
            found.append((name, call.model if call.model and not place else reference))
        return found

    def _drawn(self, several: Sequence[AskedModel], about: str, chance: float) -> str:
        sums = list(accumulate(one.weight for one in several))
        drawn = (keyed_draw(about, self._key) if about else chance) * sums[-1]
        return next(one.reference for one, end in zip(several, sums, strict=True) if drawn < end)

    def answered(self, row: ServiceRow, name: str, place: int, response: InferResponse) -> None:
        """Add what a model says of a row, its `place` in the response, to what steps know."""
        number, is_number = None, response.kind == "regress"
        label, confidence = response.answers[place], response.confidences[place]
        if is_number:
            number = float(response.probabilities[place, 0])
        elif response.kind == "classify":
            number = self._probability(response, place, confidence)
        row.answers.append(AskedAnswer(name, response.model, response.version, label, confidence, number))
        said = {
            "label": label,
            "confidence": confidence,
            "probability": None if is_number else number,
            "value": number if is_number else None,
        }
        if len(row.answers) == 1:
            row.values.update(said)
            row.values[SCORE] = number
        if len(self._by_name) > 1:
            row.values.update({f"{name}.{output}": value for output, value in said.items()})

    def _probability(self, response: InferResponse, place: int, confidence: float) -> float:
        """That of the positive label, else of the label that was answered."""
        positive = self._service.positive
        if positive and positive in response.classes:
            return float(response.probabilities[place, list(response.classes).index(positive)])
        return confidence


def inputs_of(rows: Sequence[ServiceRow], reads: Mapping[str, str]) -> list[Input]:
    """As a model takes them: one that reads a single text gets that, any other the whole rows."""
    if is_lone_text(reads):
        [field] = reads
        if all(isinstance(row.inputs.get(field), str) for row in rows):
            return [row.inputs[field] for row in rows]
    return [dict(row.inputs) for row in rows]


def request_of(call: ServiceCall, reference: str, inputs: Sequence[Input], entity: str | None) -> InferRequest:
    """What a model is asked, unlogged: the service logs what it makes of it."""
    model, _, version = reference.partition("@")
    return InferRequest(
        model,
        inputs,
        version or None,
        call.client,
        call.subject,
        entity,
        call.token,
        call.deadline,
        protocol=call.protocol,
        traceparent=call.traceparent,
        is_logged=False,
    )
