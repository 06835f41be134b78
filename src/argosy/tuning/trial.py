"""A search's trials and when they are enough. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.definitions.search import Search
from argosy.tuning.space import Choices


@dataclass(frozen=True)
class Trial:
    """One definition that a search asked for; without a `value` and not `is_open` it failed."""

    number: int
    label: str
    choices: Choices
    value: float | None
    is_queued: bool = False
    is_running: bool = False

    @property
    def is_open(self) -> bool:
        return self.is_queued or self.is_running


def best(search: Search, trials: Sequence[Trial]) -> Trial | None:
    """The first with the best figure."""
    measured = [trial for trial in trials if trial.value is not None]
    return min(measured, key=lambda trial: _loss(search, trial), default=None)


def enough(search: Search, trials: Sequence[Trial], seconds: float) -> str | None:
    """Why no more trials are to be asked for, `seconds` after the search began; None to go on."""
    most, found, stop = search.most_trials, best(search, trials), search.stop_when
    if most is not None and len(trials) >= most:
        return f"{most} trials were asked for"
    if search.seconds is not None and seconds >= search.seconds:
        return f"{search.seconds:g} seconds are over"
    if found is None or found.value is None:
        return None
    if stop.reached is not None and not _is_worse(search, found.value, stop.reached):
        return f"{search.metric} reached {stop.reached:g}"
    since = sum(1 for trial in trials if trial.value is not None and trial.number > found.number)
    if stop.without_improvement is not None and since >= stop.without_improvement:
        return f"{since} trials were no improvement"
    return None


def _is_worse(search: Search, value: float, than: float) -> bool:
    return value > than if search.is_minimized else value < than


def _loss(search: Search, trial: Trial) -> float:
    value = trial.value or 0.0
    return value if search.is_minimized else -value
