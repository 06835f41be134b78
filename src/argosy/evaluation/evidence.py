"""Which rows may measure a challenger against its champion, and how many rows each stands for. Pure.

A side may answer a row where it has not learned from the row's example, in any revision; or where a fit of it that had
not answered then: such answers are kept with a version. *Live* rows are examples that feedback on predictions made,
and only such feedback that came without regard to the answer; the others are the test part's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from argosy.evaluation.gate import Policy
from argosy.plurals import plural
from argosy.predictions.measures import Measure
from argosy.statistics.weighted_pairs import Weights

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidate:
    """A row of the challenger's dataset: in its test part or not; `origin` is the prediction it was derived from."""

    example_id: bytes
    origin: str | None
    is_tested: bool = True


@dataclass(frozen=True)
class Side:
    """What one model has learned from, and what its other fits answered to examples they had not seen."""

    learned_from: Collection[bytes]
    held_out: Mapping[bytes, str] = field(default_factory=dict)

    def may_answer(self, example_id: bytes) -> bool:
        return example_id not in self.learned_from or example_id in self.held_out


@dataclass(frozen=True)
class Selection:
    """Masks over the candidates, and why others do not count. `weights` are those of the live rows, in order."""

    live: Mask
    test: Mask
    weights: Weights
    trained_on: int = 0
    picked: int = 0
    capped: int = 0

    def describe(self) -> str:
        """What was left out and why; empty where nothing was."""
        parts = []
        if self.trained_on:
            parts.append(f"{plural(self.trained_on, 'row')} that a side has trained on")
        if self.picked:
            parts.append(f"{plural(self.picked, 'correction')} of predictions that were not drawn to measure")
        if self.capped:
            parts.append(f"{plural(self.capped, 'row')} over the share that one token, source or subject may have")
        return ", ".join(parts)


def select(
    candidates: Sequence[Candidate],
    sides: Sequence[Side],
    measures: Mapping[str, Measure],
    policy: Policy,
) -> Selection:
    """The rows that count; `measures` are the predictions whose feedback may measure, by id."""
    fair = np.array([all(side.may_answer(one.example_id) for side in sides) for one in candidates], bool)
    is_live = np.array([one.origin is not None for one in candidates], bool)
    measuring = np.array([policy.evidence == "all" or one.origin in measures for one in candidates], bool)
    tested = np.array([one.is_tested for one in candidates], bool)
    live = is_live & measuring & fair
    test = ~is_live & tested & fair
    givers = [measures.get(one.origin or "") for one in candidates]
    kept = within_shares(givers, live, policy.largest_share, int(test.sum()))
    return Selection(
        kept,
        test,
        weights_of([giver for giver, counts in zip(givers, kept, strict=True) if counts]),
        trained_on=int((~fair & (tested | (is_live & measuring))).sum()),
        picked=int((fair & is_live & ~measuring).sum()),
        capped=int((live & ~kept).sum()),
    )


def weights_of(measures: Sequence[Measure | None]) -> Weights:
    """How many rows each row stands for: one, except that the reviewed ones, drawn with known chances, share their
    number by the inverse of these."""
    weights = np.ones(len(measures))
    drawn = np.array([one is not None and one.probability is not None for one in measures], bool)
    if drawn.any():
        chances = [one.probability for one in measures if one is not None and one.probability is not None]
        inverse = 1 / np.array(chances)
        weights[drawn] = inverse / inverse.mean()
    return weights


def within_shares(measures: Sequence[Measure | None], live: Mask, share: float, test_rows: int = 0) -> Mask:
    """The live rows without those over the share of all evidence that one token, source or subject may have.

    `test_rows` is how much evidence there is that nobody gave. Which rows of a giver count is not for it to
    choose: those first in the order of a keyed hash. A giver of all the evidence there is keeps it.
    """
    kept = live.copy()
    if share >= 1:
        return kept
    for name in ("token", "source", "subject"):
        places: dict[object, list[int]] = {}
        for place in np.flatnonzero(kept).tolist():
            if giver := _giver(measures[place], name):
                places.setdefault(giver, []).append(place)
        total = int(kept.sum()) + test_rows
        for mine in places.values():
            others = total - len(mine)
            allowed = int(others * share / (1 - share))
            if others and len(mine) > allowed:
                ordered = sorted(mine, key=lambda place: _order(measures[place]))
                kept[ordered[allowed:]] = False
    return kept


def _giver(measure: Measure | None, name: str) -> object:
    """What is capped: a source only where it came with a token, since anyone who has none has the whole project."""
    if measure is None or (name == "source" and not measure.token):
        return None
    return getattr(measure, name)


def _order(measure: Measure | None) -> str:
    return "" if measure is None else measure.order
