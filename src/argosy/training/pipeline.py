"""One definition trained: adapter fitted or shared, estimator fitted, measured, and put into its served form."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimator import Estimator
from argosy.models.evaluation import evaluate
from argosy.models.served import agreement
from argosy.training.fit import Fit
from argosy.types import Input, Part

AGREEMENT: Final = 1e-6
TIMED: Final = 100
"""How many inputs the served form is timed on."""


@dataclass(frozen=True)
class Measured:
    """A trained pair and what is known of it; `metrics` and `confusion` as the store keeps them."""

    model: AdaptedModel
    metrics: dict[str, Any]
    confusion: dict[str, Any]
    fit_seconds: float
    predict_us: float
    form: dict[str, Any]


def train(
    estimator: Estimator,
    fit: Fit,
    inputs: Mapping[Part, Sequence[Input]],
    check: Callable[[], None],
    seed: int = 0,
) -> Measured:
    """Fit the estimator on a fit's training part and measure the pair on the others.

    `check` is called between steps and may raise to stop. `fit_seconds` counts the adapter too, as if it were not
    shared.
    """
    check()
    started = time.perf_counter()
    estimator.fit(fit.matrices[Part.TRAIN], fit.codes[Part.TRAIN], len(fit.classes))
    seconds = time.perf_counter() - started + fit.seconds
    check()
    model = AdaptedModel(fit.adapter, estimator, fit.classes)
    metrics: dict[str, Any] = {}
    confusion: dict[str, Any] = {}
    for part in (Part.VALIDATION, Part.TEST):
        if part in fit.matrices:
            metrics[part.value], confusion = _measure(estimator, fit, part, seed)
    check()
    evaluated = [*inputs.get(Part.VALIDATION, ()), *inputs.get(Part.TEST, ())]
    return Measured(model, metrics, confusion, seconds, predict_us(model, evaluated), served_form(model, evaluated))


def served_form(model: AdaptedModel, inputs: Sequence[Input]) -> dict[str, Any]:
    """Which form serves the pair, and how far its answers are from the training form's on these inputs."""
    served = model.served()
    difference = agreement(model, served, inputs)
    if difference > AGREEMENT:
        raise RuntimeError(f"the served form {served.form} differs from the training form by {difference:.1g}")
    return {"name": served.form, "difference": difference, "rows": len(inputs)}


def predict_us(model: AdaptedModel, inputs: Sequence[Input]) -> float:
    """The median microseconds that the served form takes for one input."""
    served, timed = model.served(), inputs[:TIMED]
    laps = []
    for item in timed:
        started = time.perf_counter()
        served.one(item)
        laps.append(time.perf_counter() - started)
    return statistics.median(laps) * 1e6 if laps else 0.0


def _measure(estimator: Estimator, fit: Fit, part: Part, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    matrix = fit.matrices[part]
    native = estimator.has_probabilities
    scores = estimator.probabilities(matrix) if native else estimator.scores(matrix)
    found = evaluate(fit.codes[part], scores, scores if native else None, len(fit.classes), seed)
    return found.to_dict(), {"labels": fit.classes, "matrix": found.confusion.tolist()}
