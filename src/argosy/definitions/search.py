"""`search:` of a plan: which of its definitions to try next, and when to stop, in place of trying them all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from argosy.typed_values import checked_struct

TRIALS = 50
"""Of a search that names no budget."""

Count = Annotated[int, msgspec.Meta(ge=1)]


class StopWhen(msgspec.Struct, frozen=True):
    """Enough: a figure `reached`, or so many trials `without_improvement`."""

    reached: float | None = None
    without_improvement: Count | None = None


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What it looks for, how, and its budget: trials, seconds from its submission, or both."""

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    trials: Count | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    metric: Literal["accuracy", "macro_f1", "micro_f1", "log_loss", "hamming_loss"] = "accuracy"
    direction: Literal["maximize", "minimize"] | None = None
    stop_when: StopWhen = StopWhen()
    seed: int = 0

    @property
    def is_minimized(self) -> bool:
        return (self.direction or ("minimize" if self.metric.endswith("_loss") else "maximize")) == "minimize"

    @property
    def most_trials(self) -> int | None:
        """How many trials at most; a grid ends by itself."""
        if self.trials is None and self.seconds is None and self.sampler != "grid":
            return TRIALS
        return self.trials


def parse_search(values: Any, path: str = "search") -> Search | None:
    """Raises DefinitionInvalid; `search: {}` is fifty trials of tpe for accuracy."""
    return None if values is None else checked_struct(Search, values, path)
