"""Which of the forms that a pair may be served from answers fastest: measured where it is loaded.

All forms answer the same few inputs. One that fails, or whose scores are further than `AGREEMENT` from those of the
training form (in shares of the largest, where that is above 1), is refused. Of the others the fastest answers, of one
input and of several each by itself. Each form is timed for `SECONDS`, or `LEAST_LAPS` of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import numpy as np

from argosy.error_messages import message_of
from argosy.models.answers import Scores
from argosy.models.inputs import TEXT_BYTES
from argosy.models.served import AGREEMENT, Served, largest_difference
from argosy.types import Input

SECONDS: Final = 0.01
LEAST_LAPS: Final = 3
LAPS: Final = 9
SEVERAL: Final = 16
"""Inputs of what is timed as several."""
ALONE: Final = 4
"""Inputs that are compared one by one too."""
CLEARLY: Final = 0.9
"""Of the time of the form that would answer without a measurement: less of a difference may be chance."""


@dataclass(frozen=True)
class FormTiming:
    """Seconds that a form takes for one input, and for `SEVERAL`: the least of the laps, which others disturb least."""

    form: str
    one: float
    several: float


@dataclass(frozen=True)
class FormChoice:
    """What answers, and why each of the refused forms does not."""

    served: Served
    timings: Sequence[FormTiming] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def fastest(timings: Sequence[FormTiming]) -> tuple[str, str]:
    """The names of the forms for one input and for several; the first form, unless another is clearly faster. Pure."""
    first = timings[0]

    def chosen(seconds: Callable[[FormTiming], float]) -> str:
        best = min(timings, key=seconds)
        return best.form if seconds(best) < CLEARLY * seconds(first) else first.form

    return chosen(lambda one: one.one), chosen(lambda one: one.several)


def choose_form(
    forms: Sequence[Served],
    training: Served,
    inputs: Sequence[Input],
    now: Callable[[], float] = perf_counter,
    pause: Callable[[], None] = lambda: None,
) -> FormChoice:
    """Of several forms what is to answer; the first, where the training form itself does not answer the inputs.

    `pause` is called between two answers.
    """
    if len(forms) == 1 or not inputs:
        return FormChoice(forms[0])
    several = [inputs[place % len(inputs)] for place in range(SEVERAL)]
    try:
        expected = training.score(several)
    except Exception:  # noqa: BLE001  # inputs that nobody chose for this model
        return FormChoice(forms[0])
    refused = {form.form: why for form in forms if (why := _disagreement(form, several, expected))}
    sound = [form for form in forms if form.form not in refused] or [training]
    timings = [_timed(form, several, now, pause) for form in sound]
    by_name = {form.form: form for form in sound}
    one, many = (by_name[name] for name in fastest(timings))
    return FormChoice(one if one is many else ByCount(one, many), timings, refused)


class ByCount:
    """Two forms of one pair: one for single inputs, one for several."""

    def __init__(self, one: Served, several: Served) -> None:
        self._one, self._several = one, several
        self.form = f"{one.form}, {several.form} for several"
        self.classes, self.reads = one.classes, one.reads
        self.has_probabilities, self.answered_from = one.has_probabilities, one.answered_from
        self.temperature, self.waits = one.temperature, one.waits or several.waits

    @property
    def is_ready(self) -> bool:
        return self._one.is_ready and self._several.is_ready

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        return self._one.one(item, limit)

    def from_rows(self, features: Any) -> Scores | None:
        return self._one.from_rows(features)

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        rows = list(inputs)
        return (self._one if len(rows) == 1 else self._several).score(rows, limit)


def _disagreement(form: Served, inputs: Sequence[Input], expected: Scores) -> str:
    """Why a form must not answer; empty: it may."""
    try:
        together, alone = form.score(inputs), np.concatenate([form.score([one]) for one in inputs[:ALONE]])
    except Exception as error:  # noqa: BLE001  # whatever a form raises, the others answer
        return f"it fails: {message_of(error)}"
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    if together.shape != expected.shape or alone.shape != expected[:ALONE].shape:
        return f"its scores have the shape {together.shape}, not {expected.shape}"
    difference = max(largest_difference(together, expected), largest_difference(alone, expected[:ALONE])) / scale
    return "" if difference <= AGREEMENT else f"its scores differ by {difference:.1g}"


def _timed(form: Served, inputs: Sequence[Input], now: Callable[[], float], pause: Callable[[], None]) -> FormTiming:
    def least(rows: Sequence[Input]) -> float:
        laps: list[float] = []
        while len(laps) < LEAST_LAPS or (len(laps) < LAPS and sum(laps) < SECONDS / 2):
            started = now()
            form.score(rows)
            laps.append(now() - started)
            pause()
        return min(laps)

    return FormTiming(form.form, least(inputs[:1]), least(inputs))
