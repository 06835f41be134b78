"""One definition trained: adapter fitted or shared, estimator fitted, measured, and put into its served form."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from argosy.errors import FormsDisagree
from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.inputs import NO_LIMIT
from argosy.models.measuring import answer_scores, measure, pack_rounds
from argosy.models.served import AGREEMENT, scoring_difference
from argosy.models.systematic_error import BIASES, bias_of_numbers, biases_of_labels
from argosy.models.temperature import learn_temperature, probabilities_of
from argosy.training.fit import Fit
from argosy.types import Input, Part

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
    rows_right: bytes | None = None
    """Which validation rows it answered rightly, as models/rows_right.py packs it."""


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
    estimator.import_early()
    started = time.perf_counter()
    estimator.fit(fit.matrices[Part.TRAIN], fit.codes[Part.TRAIN], len(fit.classes))
    seconds = time.perf_counter() - started + fit.seconds
    check()
    model = AdaptedModel(fit.adapter, estimator, fit.classes)
    evaluated = [part for part in (Part.VALIDATION, Part.TEST) if part in fit.matrices]
    scores = {part: answer_scores(estimator, fit.matrices[part]) for part in evaluated}
    has_scores_alone = not estimator.has_probabilities and estimator.answered_from is None and len(fit.classes) > 1
    if Part.VALIDATION in scores and has_scores_alone:
        model.temperature = learn_temperature(scores[Part.VALIDATION], fit.codes[Part.VALIDATION])
    found = {part: measure(estimator, fit.codes[part], scores[part], len(fit.classes), seed) for part in evaluated}
    check()
    rows = [item for part in evaluated for item in inputs[part]]
    form = served_form(model, fit, scores)
    confusion = found[evaluated[-1]].detail(fit.classes)
    if estimator.answered_from is not None:
        confusion["thresholds"] = estimator.answered_from.tolist()
    elif Part.VALIDATION in scores and (estimator.answers_numbers or len(fit.classes) > 1):
        confusion[BIASES] = _biases(model, fit.codes[Part.VALIDATION], scores[Part.VALIDATION])
    metrics = {part.value: figures.to_dict() for part, figures in found.items()}
    rows_right = None
    if Part.VALIDATION in scores:
        rows_right = pack_rounds(estimator, [(fit.codes[Part.VALIDATION], scores[Part.VALIDATION], None)])
    return Measured(model, metrics, confusion, seconds, predict_us(model, rows), form, rows_right)


def _biases(model: AdaptedModel, codes: Codes, scores: Scores) -> dict[str, float]:
    if model.estimator.answers_numbers:
        return bias_of_numbers(codes, scores[:, 0])
    has_own = model.estimator.has_probabilities
    probabilities = scores if has_own else probabilities_of(scores, model.temperature)
    return biases_of_labels(codes, probabilities, model.classes)


def served_form(model: AdaptedModel, fit: Fit, expected: Mapping[Part, Scores]) -> dict[str, Any]:
    """Which form serves the pair, and how far it is from the training form's scores on the evaluated parts, as others
    are that may serve it too.

    In two halves: `encoding` was compared once for all models of the fit, `scoring` is compared for each; of numbers,
    in shares of the largest.
    """
    served = model.served()
    scoring = max(
        scoring_difference(form, fit.matrices[part], scores)
        for form in model.forms()
        for part, scores in expected.items()
    )
    if model.estimator.answers_numbers:  # which may be of any size
        scoring /= max(1.0, *(float(np.abs(scores).max(initial=0.0)) for scores in expected.values()))
    trained, allowed = model.estimator.difference, model.estimator.agreement
    if not (scoring <= AGREEMENT and fit.encoding <= AGREEMENT and trained <= allowed):  # also where one is no number
        found = f"by {fit.encoding:.1g} in encoding, by {max(scoring, trained):.1g} in scoring"
        raise FormsDisagree(f"the served form {served.form} differs from the training form: {found}")
    rows = sum(map(len, expected.values()))
    return {"name": served.form, "difference": max(scoring, fit.encoding, trained), "rows": rows}


def predict_us(model: AdaptedModel, inputs: Sequence[Input]) -> float:
    """The median microseconds that the served form takes for one input."""
    served, laps = model.served(), []
    for item in inputs[:TIMED]:
        started = time.perf_counter()
        served.one(item, NO_LIMIT)
        laps.append(time.perf_counter() - started)
    return statistics.median(laps) * 1e6
