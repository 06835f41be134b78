"""Which predictions an analyst should look at.

The least certain answers teach most, but they measure nothing: they were picked for being doubtful. So beside them a
fifth as many are drawn uniformly, and only those (`uniform`) may count as evidence in the gate. Pure.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from argosy.predictions.log import Reviewable

Drawn = Literal["uncertain", "uniform"]


@dataclass(frozen=True)
class Picked:
    prediction_id: str
    drawn: Drawn


def uniform_share(rows: int) -> int:
    """How many are drawn uniformly beside that many uncertain ones: a fifth, and at least one."""
    return -(-rows // 5)


def choose(candidates: Sequence[Reviewable], rows: int, seed: int) -> list[Picked]:
    """The `rows` least certain predictions not yet reviewed, and a fifth as many drawn uniformly.

    The uniform ones are drawn first and from all candidates, reviewed or not: leaving out those that somebody
    already corrected would leave out the model's known mistakes. Ties in confidence fall by id, so that the same
    candidates and seed give the same choice.
    """
    ordered = sorted(candidates, key=lambda one: one.prediction_id)
    unmeasured = [one.prediction_id for one in ordered if not one.is_measured]
    drawer = random.Random(seed)  # noqa: S311 - a sample, not a secret
    uniform = drawer.sample(unmeasured, min(uniform_share(rows), len(unmeasured)))
    taken = set(uniform)
    open_ones = (one for one in ordered if not one.is_reviewed and one.prediction_id not in taken)
    uncertain = sorted(open_ones, key=lambda one: one.confidence)[:rows]
    return [Picked(one.prediction_id, "uncertain") for one in uncertain] + [Picked(one, "uniform") for one in uniform]
