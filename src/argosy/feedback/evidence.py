"""Which rows may measure a challenger against its champion. Pure.

Evidence is never trained on: a row counts only where neither side has seen its example in training or validation, in
any revision, and where the way it came in does not favour one side.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from argosy.feedback.gate import Evidence


@dataclass(frozen=True)
class Candidate:
    """A row of the challenger's test part. `origin` is the prediction that it was derived from, if any."""

    example_id: bytes
    source: str
    origin: str | None


@dataclass(frozen=True)
class Selection:
    """`mask` says of each candidate whether it counts; the numbers say why others do not."""

    mask: NDArray[np.bool_]
    trained_on: int
    picked: int

    def describe(self) -> str:
        """What was left out and why; empty where nothing was."""
        parts = []
        if self.trained_on:
            parts.append(f"{self.trained_on} rows that a side has trained on")
        if self.picked:
            parts.append(f"{self.picked} corrections of predictions that were not drawn uniformly")
        return ", ".join(parts)


def select(
    candidates: Sequence[Candidate],
    learned_from: Collection[bytes],
    uniform: Collection[str],
    evidence: Evidence,
) -> Selection:
    """The rows that count.

    `learned_from` are the examples in the training and validation parts of both sides, `uniform` the predictions
    drawn uniformly.
    """
    learned_from, uniform = frozenset(learned_from), frozenset(uniform)
    trained = np.array([one.example_id in learned_from for one in candidates], dtype=bool)
    picked = np.array([evidence == "uniform" and _was_picked(one, uniform) for one in candidates], dtype=bool)
    return Selection(~(trained | picked), int(trained.sum()), int((picked & ~trained).sum()))


def _was_picked(row: Candidate, uniform: Collection[str]) -> bool:
    """Whether somebody chose to correct it: outcomes come for predictions of every kind."""
    return row.origin is not None and row.source != "outcome" and row.origin not in uniform
