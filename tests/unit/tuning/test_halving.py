"""Successive halving: which trials are promoted, how many, and how it ends."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions.search import Halving, Search, StopWhen
from argosy.tuning.halving import Ask, End, Promote, Wait, next_step, promotion, told_rungs
from argosy.tuning.trial import Trial, best_trial, sampled_trials

SEARCH = Search(trials=9, halving=Halving(factor=3, least=0.1))


def rung(at, *values, first=1):
    """Trials of one rung; None is a running trial."""
    return [
        Trial(first + place, f"r{at}-{place}", {"C": place}, value, is_running=value is None, rung=at)
        for place, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("factor", "least", "shares"),
    [(3, 0.1, (1 / 9, 1 / 3, 1.0)), (2, 0.25, (0.25, 0.5, 1.0)), (3, 1 / 3, (1 / 3, 1.0)), (3, 1.0, (1.0,))],
)
def test_shares_go_down_by_the_factor_to_the_least(factor, least, shares):
    assert Halving(factor=factor, least=least).shares == pytest.approx(shares)


def test_the_best_third_is_promoted_as_soon_as_it_is_known():
    assert promotion(SEARCH, rung(0, 0.5, 0.9)) is None
    assert promotion(SEARCH, rung(0, 0.5, 0.9, None)) is None
    assert promotion(SEARCH, rung(0, 0.5, 0.9, 0.7)).choices == {"C": 1}
    minimized = Search(metric="log_loss", halving=SEARCH.halving)
    assert promotion(minimized, rung(0, 0.5, 0.9, 0.7)).choices == {"C": 0}


def test_a_promoted_trial_keeps_its_place():
    promoted = Trial(4, "r1", {"C": 1}, None, is_running=True, rung=1)
    better = [*rung(0, 0.5, 0.6, 0.4), promoted, *rung(0, 0.0, 0.0, 0.0, 0.8, 0.9, first=5)[3:]]
    assert promotion(SEARCH, better) is None  # five measured, of which one third is promoted
    more = [*better, Trial(10, "r0-5", {"C": 5}, 0.1)]
    assert promotion(SEARCH, more).choices == {"C": 4}


def test_the_highest_rung_is_promoted_first():
    trials = [*rung(0, *[0.1] * 9), *rung(1, 0.5, 0.7, 0.6, first=10)]
    assert promotion(SEARCH, trials).label == "r1-1"


def test_few_trials_end_in_one_that_learned_from_all():
    few = Search(trials=2, halving=SEARCH.halving)
    trials = rung(0, 0.5, None)
    assert next_step(few, trials, 0.0) == Wait()
    trials = rung(0, 0.5, 0.6)
    step = next_step(few, trials, 0.0)
    assert (step.trial.number, step.rung) == (2, 1)
    trials.append(Trial(3, "r1", {"C": 1}, 0.7, rung=1))
    assert next_step(few, trials, 0.0) == Promote(trials[2], 2)
    trials.append(Trial(4, "r2", {"C": 1}, None, rung=2))  # it failed
    assert next_step(few, trials, 0.0) == End("2 trials asked for")


def test_when_time_is_over_the_best_so_far_learns_from_all_at_once():
    timed = Search(seconds=60, halving=SEARCH.halving)
    assert isinstance(next_step(timed, rung(0, 0.5), 59.0), Ask)
    assert next_step(timed, rung(0, 0.5, 0.6, None), 60.0) == Wait()
    step = next_step(timed, rung(0, 0.5, 0.6, 0.4), 60.0)
    assert (step.trial.number, step.rung) == (2, 2)
    assert next_step(timed, [*rung(0, 0.5, 0.6, 0.4), *rung(2, None, first=4)], 60.0) == End("60 seconds are over")


def test_only_what_learned_from_all_reaches_a_goal():
    goal = Search(trials=9, halving=SEARCH.halving, stop_when=StopWhen(reached=0.8))
    assert isinstance(next_step(goal, rung(0, 0.9), 0.0), Ask)
    assert next_step(goal, [*rung(0, 0.9), *rung(2, 0.8, first=2)], 0.0) == End("accuracy reached 0.8")
    assert best_trial(goal, [*rung(0, 0.9), *rung(2, 0.8, first=2)]).rung == 2


def test_the_status_shows_how_many_were_trained_on_each_share():
    trials = [*rung(0, *[0.1] * 9), *rung(1, 0.5, first=10)]
    assert told_rungs(SEARCH, trials) == "9 on 11%, 1 on 33%, 0 on all of the training part"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 25), st.integers(2, 4), st.integers(1, 4), st.booleans())
def test_never_more_than_a_share_of_a_rung_is_promoted(seed, most, factor, workers, is_minimized):
    """A run with several workers that finish in any order, with failures."""
    draw = random.Random(seed)
    search = Search(
        trials=most, halving=Halving(factor=factor, least=0.05), direction="minimize" if is_minimized else None
    )
    trials = []
    for _ in range(1000):
        step = next_step(search, trials, 0.0)
        assert step == next_step(search, list(trials), 0.0)
        if isinstance(step, End):
            break
        is_open = [place for place, trial in enumerate(trials) if trial.is_open]
        if isinstance(step, Wait) or len(is_open) >= workers:
            at = draw.choice(is_open)
            ended = trials[at]
            value = None if draw.random() < 0.1 else draw.choice([0.1, 0.2, draw.random()])
            trials[at] = Trial(ended.number, ended.label, ended.choices, value, rung=ended.rung)
            continue
        number, at = len(trials) + 1, step.rung if isinstance(step, Promote) else 0
        choices = step.trial.choices if isinstance(step, Promote) else {"C": number}
        trials.append(Trial(number, f"t{number}", choices, None, is_running=True, rung=at))
        counts = [sum(trial.rung == each for trial in trials) for each in range(search.top + 1)]
        for lower, upper in pairwise(counts):
            assert upper <= max(1, lower // factor)
    assert isinstance(step, End)
    assert len(sampled_trials(trials)) == most
    assert len({(trial.rung, *trial.choices.values()) for trial in trials}) == len(trials)
    assert not any(trial.is_open for trial in trials)
    highest = max(trial.rung for trial in trials)
    assert highest == search.top or not any(trial.value is not None for trial in trials if trial.rung == highest)
