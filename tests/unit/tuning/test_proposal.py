"""The next definition: new, allowed, the same for the same results, and better than chance on average."""

import statistics

import pytest

from argosy.definitions import parse_plan
from argosy.definitions.search import Search
from argosy.tuning.proposal import propose
from argosy.tuning.trial import Trial

PLAN = {
    "name": "p",
    "dataset": {"name": "span", "options": {"collection": "news"}},
    "adapter": ["counts", "word2vec"],
    "model": {"name": "svm", "options": {"C": {"low": 0.001, "high": 1000, "log": True}}},
}


def figure(definition):
    """A figure that is best for counts at C = 30."""
    import math

    loss = abs(math.log10(definition.model.options["C"] / 30)) / 6 + (definition.adapter.name != "counts") * 0.3
    return 1 - loss


def run(registries, sampler, count, seed=0, value=figure):
    plan = parse_plan({**PLAN, "search": {"sampler": sampler}}, "p", registries)
    search, trials, found = Search(sampler=sampler, seed=seed), [], []
    for number in range(1, count + 1):
        proposal = propose(plan, search, trials, registries)
        found.append(proposal.definition)
        trials.append(Trial(number, f"t{number}", proposal.choices, value(proposal.definition)))
    return found


def test_the_same_past_gives_the_same_proposal(registries):
    assert run(registries, "tpe", 15) == run(registries, "tpe", 15)
    assert run(registries, "random", 5) != run(registries, "random", 5, seed=1)
    assert len(set(run(registries, "random", 20))) == 20


def test_tpe_learns_where_to_look(registries):
    late = statistics.fmean(map(figure, run(registries, "tpe", 40)[25:]))
    assert late > statistics.fmean(map(figure, run(registries, "random", 40)[25:])) + 0.1


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_what_failed_or_is_under_way_is_no_error(registries, sampler):
    plan = parse_plan({**PLAN, "search": {}}, "p", registries)
    trials = []
    for number in range(1, 16):
        proposal = propose(plan, Search(sampler=sampler), trials, registries)
        is_open = number % 3 == 0
        value = None if is_open or number % 5 == 0 else figure(proposal.definition)
        trials.append(Trial(number, f"t{number}", proposal.choices, value, is_running=is_open))
    assert len({str(trial.choices) for trial in trials}) == 15


def test_options_without_effect_make_no_new_trial(registries):
    model = {"name": "svm", "options": {"kernel": ["linear", "rbf"], "degree": [2, 3, 4]}}
    plan = parse_plan({**PLAN, "adapter": "counts", "model": model, "search": {}}, "p", registries)
    trials = []
    while proposal := propose(plan, Search(), trials, registries):
        trials.append(Trial(len(trials) + 1, "", proposal.choices, 0.5))
    assert len(trials) == 2
