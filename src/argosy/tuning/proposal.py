"""The next definition of a search: the sampler's proposals until one is allowed and new. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from argosy.definitions.definition import Definition, Registries
from argosy.definitions.plan import Plan
from argosy.definitions.search import Search
from argosy.tuning.sampler import Sampler
from argosy.tuning.samplers.grid import GridSampler
from argosy.tuning.samplers.optuna import OptunaSampler
from argosy.tuning.space import Choices, definition_of, effective_options, is_finite, permutation_at
from argosy.tuning.trial import Trial

DRAWS: Final = 100
"""How many proposals in a row may be forbidden or old before a finite space is walked through, or given up."""


@dataclass(frozen=True)
class Proposal:
    """What to try next."""

    choices: Choices
    definition: Definition


def propose(plan: Plan, search: Search, trials: Sequence[Trial], registries: Registries) -> Proposal | None:
    """None where there is nothing left to try. Raises ExtraMissing."""
    tried = {_effect_of(plan, trial.choices, registries): trial.value for trial in trials}
    sampler = sampler_for(plan, search, len(trials))
    for trial in trials:
        sampler.past(trial.choices, trial.value, trial.is_open)
    draws = None if search.sampler == "grid" else DRAWS
    found = _first_new(plan, sampler, tried, registries, draws)
    if found is None and draws is not None and is_finite(plan):
        return _first_new(plan, GridSampler(plan), tried, registries, None)
    return found


def sampler_for(plan: Plan, search: Search, asked: int) -> Sampler:
    """A sampler that knows no results yet, for the question after `asked` others."""
    if search.sampler == "grid":
        return GridSampler(plan)
    seed = (search.seed * 1_000_003 + asked) % 2**32
    return OptunaSampler(plan, search.sampler == "random", search.is_minimized, seed)


def _first_new(
    plan: Plan, sampler: Sampler, tried: Mapping[str, float | None], registries: Registries, draws: int | None
) -> Proposal | None:
    asked = 0
    while draws is None or asked < draws:
        choices = sampler.ask()
        if choices is None:
            return None
        definition = definition_of(permutation_at(plan, choices), registries)
        if isinstance(definition, Definition):
            same = effective_options(definition, registries)
            if same not in tried:
                return Proposal(choices, definition)
            sampler.refused(tried[same])
        else:
            sampler.refused(None)
        asked += 1
    return None


def _effect_of(plan: Plan, choices: Choices, registries: Registries) -> str:
    definition = definition_of(permutation_at(plan, choices), registries)
    return effective_options(definition, registries) if isinstance(definition, Definition) else ""
