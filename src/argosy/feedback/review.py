"""Which predictions an analyst should look at, and with what chance each is among them. Pure.

The least certain answers teach most, and so do those that another version of the model answers otherwise; the rest
must be looked at too, or nothing would be known of it. So each prediction has a *size*, and is drawn with a chance in
proportion to it: every reviewed row then measures, weighted by the inverse of its chance.

Each prediction has one random number for ever, and the rows drawn are those with the smallest ratio of number to size
(sequential Poisson sampling: Ohlsson 1998; priority sampling: Duffield, Lund and Thorup 2007). Given the first ratio
that was not drawn, the chance of a row is its size times that ratio, exactly, as long as no size depends on the row's
number. And because the number stays, a row is
among those of several draws where its best chance exceeds its number: draws at any time, of any predictions, make one
sample together (permanent random numbers: Brewer, Early and Joyce 1972).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from argosy.predictions.review_pool import LARGEST, SMALLEST, Reviewable, quarters

UNSURE, RATHER_UNSURE, SURE = LARGEST, 2.0, SMALLEST
"""The sizes of the least certain quarter, of the next, and of the others."""


@dataclass(frozen=True)
class Draw:
    """The ids to review, and the chance of each prediction that is in the sample: of these and of some drawn before."""

    prediction_ids: list[str]
    chances: dict[str, float]


def draw_review(
    candidates: Sequence[Reviewable],
    rows: int,
    differing: Collection[str] = (),
    least_certain: tuple[float, float] | None = None,
    limit: float = 1.0,
) -> Draw:
    """The next `rows` predictions to review; `differing` are the ids that another version answers otherwise.

    Candidates may be those alone that can be drawn; `least_certain` are the `quarters` of all of them then. Where they
    are those alone whose number is below a `limit`, no chance exceeds it.
    Those that were measured already are in the sample, and not to be reviewed again.
    """
    if not candidates:
        return Draw([], {})
    numbers = np.array([one.number for one in candidates])
    confidences = [one.confidence for one in candidates]
    bounds = least_certain or quarters(confidences)
    sized = sizes(confidences, [one.prediction_id in differing for one in candidates], bounds)
    ratios = numbers / sized
    ordered = np.argsort(ratios, kind="stable").tolist()
    chosen: list[str] = []
    drawn: list[int] = []
    threshold = np.inf
    for place in ordered:
        if len(chosen) == rows and not candidates[place].is_measured:
            threshold = ratios[place]
            break
        drawn.append(place)
        if not candidates[place].is_measured:
            chosen.append(candidates[place].prediction_id)
    new = set(chosen)
    chances = {
        candidates[place].prediction_id: float(min(limit, sized[place] * threshold))
        for place in drawn
        if candidates[place].is_drawn or candidates[place].prediction_id in new
    }
    return Draw(chosen, chances)


def sizes(confidences: Sequence[float], differ: Sequence[bool], bounds: tuple[float, float]) -> NDArray[np.float64]:
    """By how much more often each is drawn than the most certain; equal confidences have equal sizes."""
    certain = np.array(confidences, dtype=np.float64)
    found = np.select([certain <= bounds[0], certain <= bounds[1]], [UNSURE, RATHER_UNSURE], SURE)
    return np.where(differ, UNSURE, found)
