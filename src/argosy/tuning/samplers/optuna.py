"""Optuna's samplers: the tree-structured Parzen estimator (`tpe`), and uniform draws (`random`).

A study lives in memory for one question. Trials under way are included, so that workers asking side by side are not
sent to the same place.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from argosy.definitions.plan import Plan
from argosy.definitions.ranges import Range
from argosy.errors import ExtraMissing
from argosy.tuning.space import Choices, choose_permutation

if TYPE_CHECKING:
    from optuna.trial import Trial


class OptunaSampler:
    """`seed` must differ from question to question, or each would get the same answer."""

    def __init__(self, plan: Plan, is_random: bool, is_minimized: bool, seed: int) -> None:
        optuna = require_optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._trial: Trial | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Optuna calls experimental is pinned by our tests
            make = optuna.samplers.RandomSampler if is_random else optuna.samplers.TPESampler
            direction = "minimize" if is_minimized else "maximize"
            self._study = optuna.create_study(direction=direction, sampler=make(seed=seed))

    def past(self, choices: Choices, value: float | None, is_running: bool) -> None:
        from optuna.trial import TrialState, create_trial

        replay = _Replay(choices)
        choose_permutation(self._plan, replay)
        state = TrialState.RUNNING if is_running else TrialState.FAIL if value is None else TrialState.COMPLETE
        known = None if is_running else value
        self._study.add_trial(
            create_trial(params=dict(choices), distributions=replay.distributions, value=known, state=state)
        )

    def ask(self) -> Choices | None:
        self._trial = self._study.ask()
        choose_permutation(self._plan, _Suggesting(self._trial))
        return dict(self._trial.params)

    def refused(self, value: float | None) -> None:
        from optuna.trial import TrialState

        if self._trial is None:
            return
        if value is None:
            self._study.tell(self._trial, state=TrialState.PRUNED)
        else:
            self._study.tell(self._trial, value)


def require_optuna() -> Any:
    """The package; raises ExtraMissing."""
    try:
        import optuna
    except ImportError:
        raise ExtraMissing("optuna", "search", "a search by tpe or random") from None
    return optuna


class _Suggesting:
    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def place(self, name: str, count: int, is_ordered: bool) -> int:
        if is_ordered:
            return self._trial.suggest_int(name, 0, count - 1)
        return int(self._trial.suggest_categorical(name, tuple(range(count))))

    def number(self, name: str, within: Range) -> float:
        if within.is_whole:
            return self._trial.suggest_int(name, int(within.low), int(within.high), log=within.log)
        return self._trial.suggest_float(name, within.low, within.high, log=within.log)


class _Replay:
    """Makes choices again that were made, and keeps what they were made from."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.distributions: dict[str, Any] = {}

    def place(self, name: str, count: int, is_ordered: bool) -> int:
        from optuna.distributions import CategoricalDistribution, IntDistribution

        whole = IntDistribution(0, count - 1) if is_ordered else CategoricalDistribution(tuple(range(count)))
        self.distributions[name] = whole
        return int(self._choices[name])

    def number(self, name: str, within: Range) -> float:
        from optuna.distributions import FloatDistribution, IntDistribution

        if within.is_whole:
            self.distributions[name] = IntDistribution(int(within.low), int(within.high), log=within.log)
        else:
            self.distributions[name] = FloatDistribution(within.low, within.high, log=within.log)
        return self._choices[name]
