"""What the gate decides from live rows and the test part."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from argosy.evaluation.decision import PairedAnswers, confidence_of, judge_challenger, more_reviews
from argosy.evaluation.gate import Policy

POLICY = Policy(resamples=2000)


def answered(both=0, only_champion=0, only_challenger=0, neither=0, weights=None):
    champion = [True] * (both + only_champion) + [False] * (only_challenger + neither)
    challenger = [True] * both + [False] * only_champion + [True] * only_challenger + [False] * neither
    rows = len(champion)
    return PairedAnswers(
        np.array(champion, bool), np.array(challenger, bool), np.ones(rows) if weights is None else weights
    )


NONE = answered()
BETTER = answered(both=60, only_challenger=20, neither=20)
SAME = answered(both=190, only_champion=5, only_challenger=5)


def test_live_rows_decide_and_equality_on_the_test_part_suffices():
    verdict = judge_challenger(BETTER, SAME, 0, POLICY)
    assert verdict.promote
    assert (verdict.interim_test, verdict.rows) == (1, 100)
    assert verdict.confidence == pytest.approx(0.975)


def test_a_significant_loss_on_the_test_part_vetoes():
    verdict = judge_challenger(BETTER, answered(both=150, only_champion=30, only_challenger=5), 0, POLICY)
    assert not verdict.promote
    assert verdict.reason.startswith("worse on the test part: -13.5 points of accuracy on 185 rows")
    assert "(better: +20.0 points" in verdict.reason


def test_a_loss_that_may_be_chance_does_not_veto():
    assert judge_challenger(BETTER, answered(both=90, only_champion=6, only_challenger=4), 0, POLICY).promote


def test_a_gain_on_the_test_part_does_not_promote_where_live_rows_show_none():
    assert not judge_challenger(SAME, BETTER, 0, POLICY).promote


def test_without_enough_live_rows_everything_that_measures_decides_together():
    few = answered(only_champion=10)
    assert judge_challenger(NONE, BETTER, 0, POLICY).promote
    assert judge_challenger(few, BETTER, 3, POLICY).interim_test == 0
    assert judge_challenger(few, BETTER, 3, POLICY).rows == 110
    assert "too few" in judge_challenger(few, answered(both=19), 0, POLICY).reason


def test_each_further_interim_test_must_be_surer_and_all_together_spend_the_risk_once():
    risks = [1 - confidence_of(number, 0.95) for number in range(1, 10_000)]
    assert risks[0] == pytest.approx(0.025)
    assert all(later < earlier for earlier, later in itertools.pairwise(risks))
    assert sum(risks) < 0.05
    close = answered(both=80, only_champion=3, only_challenger=14, neither=3)
    assert judge_challenger(close, NONE, 0, POLICY).promote
    assert not judge_challenger(close, NONE, 9, POLICY).promote


def test_a_refusal_says_how_many_more_reviews_would_probably_decide():
    verdict = judge_challenger(answered(both=80, only_champion=5, only_challenger=10, neither=5), SAME, 0, POLICY)
    assert not verdict.promote
    assert 100 < verdict.more_reviews < 1000
    assert f"about {verdict.more_reviews} more reviews would probably decide" in verdict.reason


def test_where_the_challenger_leads_by_nothing_no_number_of_reviews_is_promised():
    assert more_reviews(SAME, 0.95) is None
    assert "would hardly change that" in judge_challenger(SAME, NONE, 0, POLICY).reason
    assert more_reviews(answered(both=100_000, only_champion=100, only_challenger=101), 0.95) is None


def test_so_many_more_of_the_same_rows_do_decide_four_times_in_five():
    rows = answered(both=80, only_champion=5, only_challenger=10, neither=5)
    more, random = more_reviews(rows, confidence_of(2, 0.95)), np.random.default_rng(3)
    promoted = 0
    for _ in range(200):
        places = random.integers(0, 100, 100 + more)
        promoted += judge_challenger(rows.among(places), NONE, 1, Policy(resamples=500)).promote
    assert 0.65 < promoted / 200 < 0.95
