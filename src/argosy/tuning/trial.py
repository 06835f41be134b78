"""A search's trials and when they are enough. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.definitions.search import Search
from argosy.plurals import plural
from argosy.tuning.space import Choices


@dataclass(frozen=True)
class Trial:
    """One definition that a search asked for; without a `value` and not `is_open` it failed.

    The same choices on a larger share of the training part are another trial, of a higher rung.
    """

    number: int
    label: str
    choices: Choices
    value: float | None
    is_queued: bool = False
    is_running: bool = False
    rung: int = 0

    @property
    def is_open(self) -> bool:
        return self.is_queued or self.is_running


def best_trial(search: Search, trials: Sequence[Trial]) -> Trial | None:
    """The first with the best figure, among those that learned from all of the training part."""
    measured = [trial for trial in trials if trial.value is not None and trial.rung == search.top]
    return min(measured, key=lambda trial: loss(search, trial), default=None)


def sampled_trials(trials: Sequence[Trial]) -> list[Trial]:
    """Those that a sampler chose, all of one size: promoted ones are left out."""
    return [trial for trial in trials if trial.rung == 0]


def why_no_more_trials(search: Search, trials: Sequence[Trial]) -> str | None:
    """Why the sampler is not asked any more; None where trials are left."""
    most = search.most_trials
    return f"{plural(most, 'trial')} asked for" if most is not None and len(sampled_trials(trials)) >= most else None


def why_search_is_over(search: Search, trials: Sequence[Trial], seconds: float) -> str | None:
    """Why the search is over, `seconds` after it began, whatever trials are left; None to go on."""
    found, stop = best_trial(search, trials), search.stop_when
    if search.seconds is not None and seconds >= search.seconds:
        return f"{search.seconds:g} seconds are over"
    if found is None or found.value is None:
        return None
    if stop.reached is not None and not _is_worse(search, found.value, stop.reached):
        return f"{search.metric} reached {stop.reached:g}"
    full = [trial for trial in trials if trial.rung == search.top and trial.value is not None]
    since = sum(trial.number > found.number for trial in full)
    if stop.without_improvement is not None and since >= stop.without_improvement:
        return f"{plural(since, 'trial')} without improvement"
    return None


def _is_worse(search: Search, value: float, than: float) -> bool:
    return value > than if search.is_minimized else value < than


def loss(search: Search, trial: Trial) -> float:
    """Its figure, turned so that less is better."""
    value = trial.value or 0.0
    return value if search.is_minimized else -value
