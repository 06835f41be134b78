"""The port of what proposes definitions.

Guarantees: a new sampler is made for every question, given what is known in the order of the trials, and asked;
nothing is kept between. Given the same plan, seed and past it proposes the same. It may propose what rules forbid or
what was tried: it learns so, and is asked again.
"""

from __future__ import annotations

from typing import Protocol

from argosy.tuning.space import Choices


class Sampler(Protocol):
    """See the module's guarantees."""

    def past(self, choices: Choices, value: float | None, is_running: bool) -> None:
        """An earlier trial: its figure, or that it is under way, or neither: that it failed."""

    def ask(self) -> Choices | None:
        """What to try; None where there is nothing left."""

    def refused(self, value: float | None) -> None:
        """What was asked last is not tried: it is forbidden, or has this figure already."""
