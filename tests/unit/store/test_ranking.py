"""The order of the leaderboard."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp

from argosy.models.rows_right import pack_right, unpack_counts, unpack_right
from argosy.statistics.paired_tests import corrected_t, difference_p, mcnemar, micro_f1_p
from argosy.store.ranking import rank
from argosy.store.trained import Trained, answers_alike, learned_nothing


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


def test_of_equals_the_smaller_comes_first_and_no_clock_decides():
    rows = [
        replace(trained("large", 0.9, 0.8, 1.0, fit_seconds=1.0), size_bytes=3),
        replace(trained("small", 0.9, 0.8, 1.0, fit_seconds=9.0), size_bytes=2),
        replace(trained("also", 0.9, 0.8, 1.0, fit_seconds=5.0), size_bytes=3),
    ]
    assert [label for _, label, _ in lines(rows)] == ["small", "also", "large"]


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


def answered(label, right, size=1, definition=None, interval=0.5, rounds=1):
    """A result that was right on the rows of `right`; its marginal interval distinguishes nothing."""
    share = float(np.mean(right))
    metrics = {"validation": {"accuracy": {"value": share, "low": share - interval, "high": share + interval}}}
    packed = pack_right(np.array_split(np.array(right, bool), rounds))
    one = Trained(label, definition or {}, "d", "a", size, metrics, {}, 1.0, 1.0, {}, {})
    return replace(one, rows_right=packed)


def test_a_paired_test_distinguishes_what_intervals_do_not():
    rows = np.arange(200) >= 20
    worse = rows & (np.arange(200) >= 40)  # wrong on twenty more rows, and on all rows that the other is wrong on
    near = rows.copy()
    near[20:23] = False
    found = {
        row.trained.label: row for row in rank([answered("a", rows), answered("w", worse), answered("n", near)], {})
    }
    assert {label: row.tied for label, row in found.items()} == {"a": True, "n": True, "w": False}
    assert found["w"].p_value == pytest.approx(2 * 0.5**20)
    assert found["n"].p_value == pytest.approx(0.25)
    assert found["a"].p_value is None


def test_the_cheapest_of_the_tied_is_proposed():
    right = np.arange(100) >= 10
    near = right.copy()
    near[10] = False
    bad = np.arange(100) >= 60
    rows = [answered("big", right, size=1000), answered("small", near, size=10), answered("tiny bad", bad, size=1)]
    assert [(row.trained.label, row.proposed) for row in rank(rows, {})] == [
        ("big", False),
        ("small", True),
        ("tiny bad", False),
    ]
    assert [row.proposed for row in rank([trained("unmeasured", None)], {})] == [False]


def test_repeated_splits_are_compared_round_by_round():
    chance = np.random.default_rng(0)
    rows = chance.random((10, 50)) < 0.8
    better = rows | (chance.random((10, 50)) < 0.6)
    definition = {"evaluate": {"repeats": 10, "validation_ratio": 0.2, "seed": 0}}
    pair = [
        answered(name, right.ravel(), definition=definition, rounds=10) for name, right in (("b", better), ("a", rows))
    ]
    first, second = rank(pair, {})
    assert (first.trained.label, second.tied) == ("b", False)
    shares = (better.mean(axis=1) - rows.mean(axis=1)).tolist()
    assert second.p_value == pytest.approx(corrected_t(shares, 0.25))
    assert corrected_t(shares, 0.25) > ttest_1samp(shares, 0).pvalue == pytest.approx(corrected_t(shares, 0.0))


def test_other_ways_to_evaluate_are_ranked_separately():
    right = np.arange(50) >= 10
    folds = answered("folds", right, definition={"evaluate": {"folds": 5, "seed": 0}}, rounds=5)
    assert [row.rank for row in rank([folds, answered("part", right)], {})] == [1, 1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.integers(1, 3))
def test_packed_answers_compare_as_the_rows_do(pairs, rounds):
    mine, theirs = (np.array(column) for column in zip(*pairs, strict=True))
    packed = [unpack_right(pack_right(np.array_split(column, rounds))) for column in (mine, theirs)]
    lost, won = int((mine & ~theirs).sum()), int((theirs & ~mine).sum())
    expected = binomtest(won, lost + won).pvalue if lost + won else 1.0
    assert difference_p(*packed) == pytest.approx(expected)
    assert difference_p(packed[0], unpack_right(pack_right([np.ones(len(pairs) + 1, bool)]))) is None


def test_many_disagreements_is_no_error():
    assert mcnemar(50_000, 50_600) == pytest.approx(binomtest(50_000, 100_600).pvalue, rel=1e-9)
    assert mcnemar(0, 20_000) == 0.0


def test_the_luckiest_of_many_equals_is_tied_with_nearly_all():
    chance = np.random.default_rng(1)
    rows = [answered(str(number), chance.random(500) < 0.9) for number in range(200)]
    found = rank(rows, {})
    assert sum(row.tied for row in found) >= 190
    assert sum(row.p_value is not None and row.p_value < 0.05 for row in found) > 50
    clearly_worse = [answered(f"worse {number}", chance.random(500) < 0.7) for number in range(20)]
    again = {row.trained.label: row.tied for row in rank([*rows, *clearly_worse], {})}
    assert not any(again[one.label] for one in clearly_worse)


def counted(label, hits, sizes, metrics=("micro_f1", "accuracy")):
    """A result with lists of labels: of each row how many were hit, and how many row and answer have together."""
    value = 2 * hits.sum() / sizes.sum()
    figures = {name: {"value": value, "low": value - 0.5, "high": value + 0.5} for name in metrics}
    one = Trained(label, {}, "d", "a", 1, {"validation": figures}, {}, 1.0, 1.0, {}, {})
    return replace(one, rows_right=pack_right([2 * hits == sizes], [(hits, sizes)]))


def test_lists_of_labels_are_ranked_and_tied_by_micro_f1():
    chance = np.random.default_rng(0)
    sizes = chance.integers(2, 6, 500)
    hits = np.minimum(chance.integers(0, 3, 500), sizes // 2)
    better, near = np.minimum(hits + (np.arange(500) % 9 == 0), sizes // 2), hits.copy()
    near[:2] = 0
    rows = rank([counted("a", hits, sizes), counted("near", near, sizes), counted("b", better, sizes)], {})
    assert [row.trained.label for row in rows] == ["b", "a", "near"]
    assert [row.tied for row in rows] == [False, False, False]
    rows = rank([counted("a", hits, sizes), counted("near", near, sizes)], {})
    assert [row.tied for row in rows] == [True, True]
    assert 0.05 < rows[1].p_value < 1


def test_the_test_of_micro_f1_is_as_bold_as_it_says():
    chance = np.random.default_rng(1)
    p_values = []
    for _ in range(400):
        sizes = chance.integers(2, 5, (2, 300))
        hits = np.minimum(chance.integers(0, 3, (2, 300)), sizes // 2)
        p_values.append(micro_f1_p([(hits[0], sizes[0])], [(hits[1], sizes[1])]))
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.09
    assert micro_f1_p([(hits[0], sizes[0])], [(hits[0], sizes[0])]) == 1.0
    assert micro_f1_p([(hits[0], sizes[0])], [(hits[1][1:], sizes[1][1:])]) is None
    assert micro_f1_p([], []) is None


def test_counts_are_packed_with_what_is_right():
    hits, sizes = np.array([0, 1, 300]), np.array([2, 2, 2])
    packed = pack_right([2 * hits == sizes], [(hits, sizes)])
    assert unpack_right(packed) == unpack_right(pack_right([2 * hits == sizes]))
    assert [[column.tolist() for column in pair] for pair in unpack_counts(packed)] == [[[0, 1, 255], [2, 2, 2]]]
    assert unpack_counts(pack_right([2 * hits == sizes])) == []


def constant(label, right, size=1):
    """A result that gave one answer to all rows."""
    return replace(answered(label, right, size), confusion={"labels": ["x", "y"], "matrix": [[60, 0], [40, 0]]})


def test_what_gives_one_answer_to_all_rows_is_not_proposed():
    right = np.arange(100) >= 10
    rows = rank([answered("big", right, size=1000), constant("constant", right, size=1)], {})
    assert [(row.trained.label, row.is_constant, row.proposed) for row in rows] == [
        ("constant", True, False),
        ("big", False, True),
    ]
    assert not any(row.proposed for row in rank([constant("constant", right)], {}))
    near = right.copy()
    near[10] = False
    rows = rank([answered("big", right, size=1000), constant("constant", near, size=1)], {})
    assert [(row.trained.label, row.proposed) for row in rows] == [("big", True), ("constant", False)]


def test_no_answer_that_is_right_is_nothing_learned():
    right, wrong = answered("some", np.arange(100) >= 99), answered("none", np.zeros(100, bool))
    assert learned_nothing(right) == ""
    assert learned_nothing(wrong) == "answers no row right that it was measured on"
    assert learned_nothing(replace(wrong, metrics={})) == ""
    assert learned_nothing(constant("one", np.ones(100, bool))) == "gives one answer to all rows of the test part"


@pytest.mark.parametrize(
    ("confusion", "is_constant"),
    [
        ({"labels": ["x", "y"], "matrix": [[3, 0], [2, 0]]}, True),
        ({"labels": ["x", "y"], "matrix": [[3, 0], [2, 1]]}, False),
        ({"labels": ["x", "y"], "matrix": [[3, 0], [0, 0]]}, False),  # the test part has only one class
        ({"labels": ["x", "y"], "rows": 9, "per_label": [[4, 4, 9], [0, 5, 0]]}, True),
        ({"labels": ["x", "y"], "rows": 9, "per_label": [[4, 4, 8], [0, 5, 0]]}, False),
        ({}, False),
    ],
)
def test_one_answer_is_seen_in_the_confusion_matrix(confusion, is_constant):
    assert answers_alike(confusion) is is_constant
