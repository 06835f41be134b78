"""`search:` of a plan: which of its definitions to try next, and when to stop, in place of trying them all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from argosy.definitions.metrics import LOWER_IS_BETTER, Metric
from argosy.errors import DefinitionInvalid
from argosy.typed_values import checked_struct

TRIALS = 50
"""Of a search that names no budget."""

Count = Annotated[int, msgspec.Meta(ge=1)]


class StopWhen(msgspec.Struct, frozen=True):
    """Enough: a figure `reached`, or this many trials `without_improvement`."""

    reached: float | None = None
    without_improvement: Count | None = None


class Halving(msgspec.Struct, frozen=True):
    """All begin on `least` of the training part, or more; one in `factor` goes on, to `factor` times as many rows."""

    factor: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    least: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1

    @property
    def shares(self) -> tuple[float, ...]:
        """From the smallest, the largest that is all."""
        found = [1.0]
        while found[0] / self.factor >= self.least * (1 - 1e-9):
            found.insert(0, 1.0 / self.factor ** len(found))
        return tuple(found)


NO_HALVING = Halving(least=1.0)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What it looks for, how, and its budget: trials, seconds from its submission, or both."""

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    trials: Count | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    metric: Metric = "accuracy"
    direction: Literal["maximize", "minimize"] | None = None
    stop_when: StopWhen = StopWhen()
    seed: int = 0
    halving: Halving = NO_HALVING

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the training part, by rung."""
        return self.halving.shares

    @property
    def top(self) -> int:
        """The rung of what learns from all of the training part; 0 where everything does."""
        return len(self.shares) - 1

    @property
    def is_minimized(self) -> bool:
        return (self.direction or ("minimize" if self.metric in LOWER_IS_BETTER else "maximize")) == "minimize"

    @property
    def most_trials(self) -> int | None:
        """How many trials at most; a grid ends by itself."""
        if self.trials is None and self.seconds is None and self.sampler != "grid":
            return TRIALS
        return self.trials


def check_reached(reached: float, metric: Metric, path: str) -> None:
    """Raise DefinitionInvalid where no result can have that figure."""
    is_open = metric in ("log_loss", "mae", "rmse")
    if (reached < 0 and metric != "r2") or (reached > 1 and not is_open):
        allowed = "is at least 0" if is_open else "is at most 1" if metric == "r2" else "lies between 0 and 1"
        raise DefinitionInvalid(f"{metric} {allowed}; got {reached:g}", f"{path}.reached")


def parse_search(values: Any, path: str = "search") -> Search | None:
    """Raises DefinitionInvalid; `search: {}` is fifty trials of tpe for the metric that the leaderboard ranks by."""
    if values is None:
        return None
    search = checked_struct(Search, values, path)
    if search.stop_when.reached is not None and "metric" in values:
        check_reached(search.stop_when.reached, search.metric, f"{path}.stop_when")
    if "halving" in values and search.top == 0:
        least, factor = search.halving.least, search.halving.factor
        problem = f"nothing would be halved: {least:g} of the training part is more than all of it divided by {factor}"
        raise DefinitionInvalid(problem, f"{path}.halving")
    return search
