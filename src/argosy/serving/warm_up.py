"""Asks a version before anybody else does: memory is touched, and its latency is known when the first request comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter

from argosy.error_messages import message_of
from argosy.errors import ArgosyError, ImportedModelFailed, InputInvalid, WarmUpFailed
from argosy.models.adapter import FieldKind
from argosy.models.answers import check_scores
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.inputs import NO_LIMIT, TEXT_BYTES, check_input, is_lone_text
from argosy.models.tensor_samples import sample_arrays
from argosy.predictions.warm_up_requests import WarmUpRequests
from argosy.serving.limits import measure_tensors
from argosy.serving.servable import Predictor, Servable
from argosy.serving.tensor_warm_up import tensors_asked
from argosy.telemetry import logger
from argosy.types import Input

_log = logger("argosy.serving")
TEXTS = (
    "Good morning",
    "The quick brown fox jumps over the lazy dog near the old stone bridge at noon",
    "What is this?",
)
ROUNDS = 4


_NUMBERS = (1.0, 0.0, -2.5, 40.0, 1000.0)


def sample_inputs(reads: Mapping[str, FieldKind]) -> list[Input]:
    """A few texts, or dictionaries of the fields that a model reads, with different numbers."""
    if is_lone_text(reads):
        return list(TEXTS)
    return [
        {
            name: _NUMBERS[(row + place) % len(_NUMBERS)] if kind == "number" else text
            for place, (name, kind) in enumerate(reads.items())
        }
        for row, text in enumerate(TEXTS)
    ]


def requests_there(requests: WarmUpRequests, model: str) -> Sequence[Input]:
    """A model's own; none where they cannot be read, since a database that is away must not keep versions away."""
    try:
        return requests.of(model)
    except (ArgosyError, OSError) as problem:
        _log.warning("%s is warmed up without its own requests, which cannot be read: %s", model, message_of(problem))
        return ()


def warm(servable: Servable, requests: Sequence[Input] = ()) -> None:
    """Score a few texts, or dictionaries of the fields that the model reads; one that refuses them does not fail.

    Then each of the model's own requests; raises WarmUpFailed naming the first that it does not answer.
    """
    predictor = servable.predictor
    if predictor is None:
        return
    if isinstance(predictor, ServedTensors):
        _warm_tensors(servable, predictor)
    else:
        _try_samples(servable, predictor)
    for place, item in enumerate(requests, 1):
        started = perf_counter()
        try:
            size = _ask(predictor, item)
        except Exception as problem:  # noqa: BLE001  # whatever it raises, it is not served
            raise WarmUpFailed(
                f"it does not answer warm-up request {place} of {len(requests)}: {message_of(problem)}; "
                f"other requests: argosy models warm-up {servable.model}"
            ) from None
        if size:
            servable.latency.learn(1, size, perf_counter() - started)


def _ask(predictor: Predictor, item: Input) -> int:
    """How large the request was; 0: the log has not kept all of it. Raises what the model does."""
    if not isinstance(predictor, ServedTensors):
        check_scores(predictor.score([item], NO_LIMIT))
        return check_input(item, NO_LIMIT)
    rows = tensors_asked(item, predictor.signatures)
    if rows is None:
        return 0
    predictor.run(rows.signature, rows.arrays, len(rows))
    return measure_tensors(rows, NO_LIMIT)


def _try_samples(servable: Servable, predictor: Predictor) -> None:
    try:
        for text, item in zip(TEXTS, sample_inputs(predictor.reads), strict=True):
            taken = []
            for _ in range(ROUNDS):
                started = perf_counter()
                predictor.score([item], TEXT_BYTES)
                taken.append(perf_counter() - started)
            servable.latency.learn(1, len(text), min(taken))  # the first touches memory; others waited for requests
    except (InputInvalid, ImportedModelFailed):
        return


def _warm_tensors(servable: Servable, predictor: ServedTensors) -> None:
    """Ask for each signature's outputs to made-up inputs, which not every model can answer."""
    for name, signature in predictor.signatures.items():
        inputs = sample_arrays(signature, 1)
        try:
            for _ in range(2):
                started = perf_counter()
                predictor.run(name, inputs, 1)
                servable.latency.learn(1, sum(one.size for one in inputs.values()), perf_counter() - started)
        except ImportedModelFailed:
            continue
