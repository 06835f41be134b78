"""Successive halving over training size: many definitions on few rows, the best of them on more, few on all. Pure.

The rule is the asynchronous one of Li et al., "A system for massively parallel hyperparameter tuning" (2018, ASHA):
no definition waits for a rung to be complete: it goes on as soon as it is among the best `1/factor` of those that
were measured on its share. Unlike theirs the rule never sends on more than that part of a rung, even where one
that was sent on has been overtaken since. When there is no more to ask for, the best of the highest rung goes on
though it be one of few, so that every search ends in a definition that learned from all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.definitions.search import Search
from argosy.tuning.trial import Trial, loss, why_no_more_trials, why_search_is_over


@dataclass(frozen=True)
class Ask:
    """Try something new."""


@dataclass(frozen=True)
class Promote:
    """Train this trial's choices on the share of that rung."""

    trial: Trial
    rung: int


@dataclass(frozen=True)
class Wait:
    """Results of what is under way may change the decision."""


@dataclass(frozen=True)
class End:
    """Ask for no more."""

    because: str


Step = Ask | Promote | Wait | End


def next_step(search: Search, trials: Sequence[Trial], seconds: float, nothing_new: str = "") -> Step:
    """What a search does next, `seconds` after it began; `nothing_new` says why nothing is left to ask for."""
    because = why_search_is_over(search, trials, seconds)
    if search.top == 0:
        because = because or why_no_more_trials(search, trials) or nothing_new
        return End(because) if because else Ask()
    if because:  # time is over, or the goal reached: no more than what it takes to have one that learned from all
        return _last(search, trials, because, at_once=True)
    chosen = promotion(search, trials)
    if chosen is not None:
        return Promote(chosen, chosen.rung + 1)
    because = why_no_more_trials(search, trials) or nothing_new
    return _last(search, trials, because, at_once=False) if because else Ask()


def promotion(search: Search, trials: Sequence[Trial]) -> Trial | None:
    """The trial to send on a rung; of several the one that is furthest."""
    for rung in range(search.top - 1, -1, -1):
        measured = _best_first(search, trials, rung)
        room = len(measured) // search.halving.factor
        gone = _choices(trials, rung + 1)
        if sum(_key(trial) in gone for trial in measured) < room:
            return next(trial for trial in measured[:room] if _key(trial) not in gone)
    return None


def _last(search: Search, trials: Sequence[Trial], because: str, at_once: bool) -> Step:
    """The best of the highest rung goes on, until one has learned from all; failures end it too."""
    highest = max((trial.rung for trial in trials), default=search.top)
    if highest == search.top and at_once:
        return End(because)
    if any(trial.is_open for trial in trials):
        return Wait()
    measured = _best_first(search, trials, highest)
    if highest == search.top or not measured:
        return End(because)
    return Promote(measured[0], search.top if at_once else highest + 1)


def _best_first(search: Search, trials: Sequence[Trial], rung: int) -> list[Trial]:
    measured = [trial for trial in trials if trial.rung == rung and trial.value is not None]
    return sorted(measured, key=lambda trial: (loss(search, trial), trial.number))


def _choices(trials: Sequence[Trial], from_rung: int) -> set[frozenset[tuple[str, int | float]]]:
    return {_key(trial) for trial in trials if trial.rung >= from_rung}


def _key(trial: Trial) -> frozenset[tuple[str, int | float]]:
    return frozenset(trial.choices.items())


def told_rungs(search: Search, trials: Sequence[Trial]) -> str:
    """`27 on 11 % of the training part, 9 on 33 %, 3 on all`."""
    counts = [sum(trial.rung == rung for trial in trials) for rung in range(search.top + 1)]
    shares = [f"{share:.0%}" if share < 1 else "all" for share in search.shares]
    return (
        ", ".join(f"{count} on {share}" for count, share in zip(counts, shares, strict=True)) + " of the training part"
    )
