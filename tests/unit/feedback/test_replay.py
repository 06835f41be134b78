"""When a replay tests which rows, and how rarely chance alone replaces a champion."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.evaluation.gate import Policy, judge
from argosy.feedback.labels import ConflictRule, FeedbackPiece
from argosy.feedback.replay import AnsweredPrediction, due, first_rows, interim_test, measuring

POLICY = Policy()


def answered(name, *said, answer="sport"):
    return AnsweredPrediction(
        name, answer, tuple(FeedbackPiece(kind, label, "ann", n, n, fair) for kind, label, n, fair in said)
    )


@pytest.mark.parametrize(
    ("rows", "interim"),
    [(0, None), (29, None), (30, (1, 30)), (59, (1, 30)), (60, (2, 60)), (119, (2, 60)), (120, (3, 120))],
)
def test_rows_are_tested_when_their_number_has_doubled(rows, interim):
    found = interim_test(rows, POLICY)
    assert (found and (found.number, found.rows)) == interim


def test_each_interim_test_spends_half_of_what_the_one_before_it_spent():
    risks = [1 - interim_test(30 * 2**k, POLICY).confidence for k in range(20)]
    assert risks[0] == pytest.approx(0.025)
    assert all(later == pytest.approx(earlier / 2) for earlier, later in itertools.pairwise(risks))
    assert sum(risks) < 1 - POLICY.confidence


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_more_rows_never_change_what_an_earlier_test_saw(rows, more):
    all_rows = list(range(rows + more))
    now, later = interim_test(rows, POLICY), interim_test(rows + more, POLICY)
    if now is not None:
        assert later.number >= now.number
        assert first_rows(all_rows[:rows], now) == first_rows(all_rows, now)
        assert len(first_rows(all_rows, now)) == now.rows


def test_a_champion_that_is_no_worse_is_rarely_replaced_however_often_it_is_tested():
    dethroned, policy = 0, Policy(resamples=500)
    for seed in range(150):
        draw = np.random.default_rng(seed)
        live, before = draw.random(2000) < 0.8, draw.random(2000) < 0.8
        for rows in range(30, 2000, 30):
            interim = interim_test(rows, policy)
            if interim.rows == rows:
                verdict = judge(live[:rows], before[:rows], interim.confidence, policy.minimum_rows, policy.resamples)
                if verdict.promote:
                    dethroned += 1
                    break
    assert dethroned <= 150 * 0.05


def test_a_champion_that_is_much_worse_is_dethroned():
    draw = np.random.default_rng(1)
    live, before = draw.random(120) < 0.6, draw.random(120) < 0.9
    assert judge(live, before, interim_test(120, POLICY).confidence).promote


def test_what_came_without_regard_to_the_answer_measures_and_picked_ones_do_not():
    rows = measuring(
        [
            answered("outcome", ("outcome", "sport", 3, True)),
            answered("drawn", ("correction", "tech", 1, True)),
            answered("picked", ("correction", "tech", 2, False)),
        ],
        ConflictRule(),
        POLICY,
    )
    assert [(row.prediction_id, row.is_right) for row in rows] == [("drawn", False), ("outcome", True)]


def test_all_corrections_measure_under_such_a_policy():
    said = [answered("picked", ("correction", "tech", 2, False))]
    assert len(measuring(said, ConflictRule(), Policy(evidence="all"))) == 1


def test_contradictory_feedback_is_resolved_by_the_rule():
    said = [
        AnsweredPrediction(
            "one",
            "sport",
            (
                FeedbackPiece("correction", "tech", "ann", 1, 1, True),
                FeedbackPiece("correction", "sport", "bob", 2, 2, True),
            ),
        )
    ]
    assert measuring(said, ConflictRule("drop"), POLICY) == []
    assert measuring(said, ConflictRule(), POLICY)[0].is_right


def test_later_feedback_does_not_reorder_earlier_rows():
    first = [answered("a", ("correction", "tech", 5, True)), answered("b", ("correction", "tech", 6, True))]
    later = [
        answered("c", ("correction", "tech", 1, False), ("correction", "tech", 7, True)),
        answered("a", ("correction", "tech", 5, True), ("correction", "sport", 8, True)),
        answered("b", ("correction", "tech", 6, True)),
    ]
    order = [row.prediction_id for row in measuring(later, ConflictRule(), POLICY)]
    assert order[:2] == [row.prediction_id for row in measuring(first, ConflictRule(), POLICY)]


def test_a_replay_is_due_for_a_new_interim_test_alone():
    interim = interim_test(60, POLICY)
    assert due(interim, 1, False, None, POLICY, 1e9) == "60 fresh rows to measure by (interim test 2)"
    assert due(interim, 2, False, None, POLICY, 1e9) is None
    assert due(None, 0, False, None, POLICY, 1e9) is None
    assert due(interim, 1, True, None, POLICY, 1e9) is None
    assert due(interim, 1, False, 1e9 - 10, POLICY, 1e9) is None
    assert due(interim, 1, False, 1e9 - 3600, POLICY, 1e9) is not None
