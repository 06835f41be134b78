"""Every permutation in the plan's order. Needs no extra."""

from __future__ import annotations

from argosy.definitions.plan import Plan
from argosy.tuning.space import Choices, grid


class GridSampler:
    """Of a finite plan."""

    def __init__(self, plan: Plan) -> None:
        self._rest, self._tried = grid(plan), set[frozenset[tuple[str, int | float]]]()

    def past(self, choices: Choices, value: float | None, is_running: bool) -> None:  # noqa: ARG002  # a grid learns nothing
        self._tried.add(frozenset(choices.items()))

    def ask(self) -> Choices | None:
        return next((one for one in self._rest if frozenset(one.items()) not in self._tried), None)

    def refused(self, value: float | None) -> None:
        """It goes on to the next anyway."""
