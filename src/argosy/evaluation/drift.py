"""Drift without labels: how far what a model meets now is from what it was tested on. Pure.

Two profiles are compared: the *reference*, which is the model's test part, and the *live* answers of one version.

- **Answers**: the total variation distance of the two class mixes, the share of answers that would have to change
  class; and the difference in mean confidence. Of numbers, the difference of their means.
- **Inputs**: the difference in mean length (of its logarithm, so as a ratio), in the mean share of a text's words that
  no training text has (test rows are new to the model too, so the reference has unseen words of its own), and in the
  mean of each numeric field.

Each comes with an interval, a size and the p-value of "nothing changed", see `statistics.shifts`. Drift says that
something changed, never that the model got worse: it may ask for a retraining, and the gate decides on evidence.
"""

from __future__ import annotations

from typing import Final

from argosy.evaluation.input_profile import VOCABULARY
from argosy.predictions.drift_checks import Drift
from argosy.predictions.profiles import ANSWERS, CONFIDENCE, NUMBER, Profile
from argosy.statistics.shifts import mean_shift, mix_shift

SHARES: Final = {CONFIDENCE, VOCABULARY}


def compare_profiles(reference: Profile, live: Profile, confidence: float = 0.95, seed: int = 0) -> Drift:
    """Every shift of what both profiles have."""
    are_numbers = NUMBER in reference.means
    shifts = {} if are_numbers else {ANSWERS: mix_shift(reference.answers, live.answers, confidence, seed=seed)}
    for name, before in reference.means.items():
        if name in live.means:
            shifts[name] = mean_shift(before, live.means[name], confidence, is_share=name in SHARES)
    found = {name: shift for name, shift in shifts.items() if shift is not None}
    return Drift(reference.rows, live.rows, found)
