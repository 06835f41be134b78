"""When a search stops."""

import pytest

from argosy.definitions.search import Search, StopWhen, parse_search
from argosy.errors import DefinitionInvalid
from argosy.tuning.trial import Trial, best_trial, why_no_more_trials, why_search_is_over


def trials(*values):
    return [Trial(number, f"t{number}", {}, value) for number, value in enumerate(values, 1)]


def test_the_best_is_the_first_with_the_best_figure():
    assert best_trial(Search(), trials(0.5, None, 0.9, 0.9)).number == 3
    assert best_trial(Search(metric="log_loss"), trials(0.5, 0.2, None)).number == 2
    assert best_trial(Search(metric="log_loss", direction="maximize"), trials(0.5, 0.2)).number == 1
    assert best_trial(Search(), trials(None)) is None


def test_budgets():
    assert why_no_more_trials(Search(trials=3), trials(0.1, None)) is None
    assert "3 trials" in why_no_more_trials(Search(trials=3), trials(0.1, None, 0.2))
    assert why_search_is_over(Search(seconds=60), trials(*[0.5] * 1000), 59) is None
    assert "60 seconds" in why_search_is_over(Search(seconds=60), [], 60)
    assert "50 trials" in why_no_more_trials(Search(), trials(*[0.5] * 50))
    assert why_search_is_over(Search(sampler="grid"), trials(*[0.5] * 5000), 1e9) is None
    assert why_no_more_trials(Search(sampler="grid"), trials(*[0.5] * 5000)) is None


def test_enough_is_reached_from_the_right_side():
    reached = StopWhen(reached=0.9)
    assert why_search_is_over(Search(stop_when=reached), trials(0.89), 0) is None
    assert "accuracy reached 0.9" in why_search_is_over(Search(stop_when=reached), trials(0.1, 0.9), 0)
    assert why_search_is_over(Search(metric="log_loss", stop_when=reached), trials(0.91), 0) is None
    assert why_search_is_over(Search(metric="log_loss", stop_when=reached), trials(0.9), 0)


def test_failures_are_no_lack_of_improvement():
    stop = Search(stop_when=StopWhen(without_improvement=2))
    assert why_search_is_over(stop, trials(0.5, 0.4, None, None), 0) is None
    assert "2 trials without improvement" in why_search_is_over(stop, trials(0.5, 0.4, None, 0.5), 0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"sampler": "tpee"}, "did you mean 'tpe'"),
        ({"trials": 0}, "search.trials"),
        ({"stop_when": {"reach": 1}}, "search.stop_when.reach"),
        ({"metric": "speed"}, "macro_f1"),
        ("tpe", "mapping"),
        ({"halving": {"factor": 1}}, "search.halving.factor"),
        ({"halving": {"least": 0.5}}, "0.5 of the training part is more than all of it divided by 3"),
    ],
)
def test_what_a_search_is_not_is_refused(values, sentence):
    with pytest.raises(DefinitionInvalid) as caught:
        parse_search(values)
    assert sentence in str(caught.value)
