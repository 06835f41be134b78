"""The order of the leaderboard."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.store.ranking import rank
from argosy.store.trained import Trained


def trained(label, value, low=None, high=None, fit_seconds=1.0, metric="accuracy"):
    metrics = {} if value is None else {"validation": {metric: {"value": value, "low": low, "high": high}}}
    return Trained(label, {}, "d", "a", 1, metrics, {}, fit_seconds, 1.0, {}, {})


def lines(rows, metric="accuracy"):
    return [(row.rank, row.trained.label, row.tied) for row in rank(rows, {}, metric)]


def test_the_best_comes_first_and_ties_are_marked():
    rows = [trained("low", 0.7, 0.6, 0.8), trained("best", 0.9, 0.85, 0.95), trained("near", 0.86, 0.8, 0.9)]
    assert lines(rows) == [(1, "best", True), (2, "near", True), (3, "low", False)]


def test_a_clear_winner_is_not_tied():
    assert lines([trained("a", 0.9, 0.85, 0.95), trained("b", 0.8, 0.7, 0.95)]) == [(1, "a", False), (2, "b", False)]


def test_of_equals_the_cheaper_to_fit_comes_first():
    rows = [
        trained("slow", 0.9, 0.8, 1.0, 9.0),
        trained("fast", 0.9, 0.8, 1.0, 1.0),
        trained("also", 0.9, 0.8, 1.0, 9.0),
    ]
    assert [label for _, label, _ in lines(rows)] == ["fast", "also", "slow"]


def test_less_loss_is_better_and_none_comes_last():
    rows = [trained("none", None), trained("b", 0.4, 0.3, 0.5, metric="log_loss"),
            trained("a", 0.2, 0.1, 0.25, metric="log_loss")]  # fmt: skip
    assert lines(rows, "log_loss") == [(1, "a", False), (2, "b", False), (3, "none", False)]
    assert lines([]) == []


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=20))
def test_ties_are_the_first_rows(values):
    rows = [
        trained(str(number), value, None if value is None else value - 0.1, 1.0) for number, value in enumerate(values)
    ]
    marks = [row.tied for row in rank(rows, {})]
    assert marks == sorted(marks, reverse=True)
    assert sum(marks) != 1


def test_each_dataset_is_ranked_by_itself_the_newest_first():
    old = [replace(trained("old best", 0.99, 0.9, 1.0), trained_at=1.0), replace(trained("old", 0.2), trained_at=2.0)]
    new = [replace(trained("new", 0.5, 0.4, 0.6), trained_at=3.0, dataset_digest="e")]
    assert lines([*old, *new]) == [(1, "new", False), (1, "old best", False), (2, "old", False)]
