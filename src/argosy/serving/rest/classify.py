"""`POST /classify`: a text and labels in, a score from 0 to 1 for each label out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.errors import RequestInvalid
from argosy.http.bodies import json_type, parse_json, read_body
from argosy.http.request_limits import RequestLimits, check_values
from argosy.models.inputs import is_lone_text
from argosy.serving.dataplane import DataPlane
from argosy.serving.requests import InferRequest, InferResponse, ModelMetadata
from argosy.serving.rest.callers import caller_of
from argosy.serving.rest.default_model import DefaultModel
from argosy.serving.rest.inference_responses import inference_response
from argosy.typed_values import abridged, abridged_list


class LabelsProtocol:
    def __init__(self, dataplane: DataPlane, default: DefaultModel, limits: RequestLimits) -> None:
        self._dataplane, self._default, self._limits = dataplane, default, limits

    async def classify(self, request: Request) -> Response:
        """The labels with their scores, the highest first."""
        data = await read_body(request, self._limits.body_bytes)
        check_values(data, self._limits)
        sequence, labels = sequence_and_labels(parse_json(data))
        model, version = self._default.asked(request)
        check_known_classes(labels, self._dataplane.metadata(model, version))
        asked = InferRequest(model, [sequence], version, **caller_of(request), protocol="classify")
        response = await self._dataplane.infer(asked)
        scores = scores_of_labels(response, labels)
        return inference_response(
            {
                "sequence": sequence,
                "labels": list(scores),
                "scores": list(scores.values()),
                "model_name": response.model,
                "model_version": str(response.version),
                "prediction_id": response.prediction_ids[0],
            },
            response,
        )


def sequence_and_labels(body: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Raises RequestInvalid."""
    sequence, labels = body.get("sequence"), body.get("labels")
    if not isinstance(sequence, str):
        raise RequestInvalid(f"sequence must be a text, not {json_type(sequence)}")
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise RequestInvalid('labels must be an array of texts, one at least: {"sequence": TEXT, "labels": [LABEL]}')
    if len(set(labels)) < len(labels):
        raise RequestInvalid("labels has a label twice")
    return sequence, labels


def check_known_classes(labels: Sequence[str], there: ModelMetadata) -> None:
    """Raises RequestInvalid where the model does not read texts, or has no such class."""
    if not is_lone_text(there.reads) or there.kind != "classify":
        raise RequestInvalid(f"'{there.model}' does not classify texts: name another model")
    for label in labels:
        if label not in there.classes:
            classes = abridged_list(there.classes)
            raise RequestInvalid(f"'{there.model}' has no class '{abridged(label)}'; there are: {classes}")


def scores_of_labels(response: InferResponse, labels: Sequence[str]) -> dict[str, float]:
    """The probability of each label, the highest first; of equal ones in the order given."""
    found = dict(zip(response.classes, response.probabilities[0].tolist(), strict=True))
    return {label: found[label] for label in sorted(labels, key=found.__getitem__, reverse=True)}
