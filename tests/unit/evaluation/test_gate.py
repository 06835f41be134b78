"""The gate's guarantees: a paired test, never a plain >, and rarely wrong when there is no difference."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.evaluation.gate import Policy, Verdict, judge, refusal_verdict
from argosy.statistics.paired_tests import mcnemar
from argosy.statistics.weighted_pairs import difference_interval


def answers(both=0, only_champion=0, only_challenger=0, neither=0):
    champion = [True] * (both + only_champion) + [False] * (only_challenger + neither)
    challenger = [True] * both + [False] * only_champion + [True] * only_challenger + [False] * neither
    return np.array(champion, dtype=bool), np.array(challenger, dtype=bool)


def test_a_clear_gain_is_promoted_with_its_interval():
    verdict = judge(*answers(both=60, only_champion=4, only_challenger=30, neither=6))
    assert verdict.promote
    assert verdict.difference == pytest.approx(0.26)
    assert 0 < verdict.low < 0.26 < verdict.high
    assert verdict.champion_accuracy == pytest.approx(0.64)
    assert verdict.challenger_accuracy == pytest.approx(0.90)
    assert verdict.reason.startswith("better: +26.0 points of accuracy on 100 rows, 95% interval +")


def test_a_bare_gain_is_not_enough():
    verdict = judge(*answers(both=80, only_champion=5, only_challenger=8, neither=7))
    assert verdict.difference > 0
    assert not verdict.promote
    assert verdict.reason.startswith("not shown to be better")


def test_a_loss_is_refused():
    verdict = judge(*answers(both=60, only_champion=30, only_challenger=4))
    assert not verdict.promote
    assert verdict.reason.startswith("not better")
    assert verdict.high < 0


def test_few_disagreements_fool_the_bootstrap_but_not_the_exact_test():
    champion, challenger = answers(both=96, only_challenger=4)
    low, _ = difference_interval(challenger.astype(np.int8) - champion, np.ones(100), 0.95, 10_000, 0)
    assert low > 0
    verdict = judge(champion, challenger)
    assert verdict.p_value == pytest.approx(0.125)
    assert not verdict.promote


def test_too_few_rows_are_reported():
    verdict = judge(*answers(only_challenger=29), minimum_rows=30)
    assert not verdict.promote
    assert verdict.rows == 29
    assert verdict.difference is None
    there = "unproven on 29 rows unseen by both sides: too few to judge by, at least 30 are needed"
    assert verdict.reason == there  # what "version 2 is" is said of


def test_no_row_at_all_is_refused_even_without_a_minimum():
    assert not judge(*answers(), minimum_rows=0).promote


def test_identical_answers_are_no_difference():
    verdict = judge(*answers(both=50, neither=50))
    assert (verdict.low, verdict.high, verdict.p_value) == (0.0, 0.0, 1.0)
    assert not verdict.promote


def test_different_rows_and_odd_confidences_are_refused():
    champion, challenger = answers(both=40)
    with pytest.raises(ValueError, match="not the same rows"):
        judge(champion[:-1], challenger)
    with pytest.raises(ValueError, match="confidence"):
        judge(champion, challenger, confidence=1.0)


def test_without_a_difference_it_promotes_no_more_often_than_it_may():
    random = np.random.default_rng(7)
    for rows, share in ((40, 0.1), (40, 0.5), (300, 0.1), (300, 0.5)):
        wrongly = 0
        for seed in range(400):
            disagree = random.random(rows) < share
            champion = random.random(rows) < 0.5
            challenger = np.where(disagree, ~champion, champion)
            wrongly += judge(champion, challenger, resamples=500, seed=seed).promote
        assert wrongly <= 0.05 * 400, (rows, share, wrongly)


@settings(deadline=None, max_examples=60)
@given(lost=st.integers(0, 60), won=st.integers(0, 60))
def test_mcnemar_is_the_binomial_tail(lost, won):
    total = lost + won
    tail = sum(comb(total, k) for k in range(min(lost, won) + 1)) / 2**total
    assert mcnemar(lost, won) == pytest.approx(min(1.0, 2 * tail))


@settings(deadline=None, max_examples=60)
@given(
    both=st.integers(0, 50), lost=st.integers(0, 50), won=st.integers(0, 50), neither=st.integers(0, 50),
    seed=st.integers(0, 2**32),
)  # fmt: skip
def test_what_is_promoted_is_better_and_the_same_seed_says_the_same(both, lost, won, neither, seed):
    champion, challenger = answers(both, lost, won, neither)
    verdict = judge(champion, challenger, minimum_rows=1, resamples=300, seed=seed)
    assert verdict == judge(champion, challenger, minimum_rows=1, resamples=300, seed=seed)
    assert not (verdict.promote and judge(challenger, champion, minimum_rows=1, resamples=300, seed=seed).promote)
    if verdict.promote:
        assert verdict.low > 0
        assert verdict.p_value < 0.05
        assert won > lost
    if verdict.rows:
        assert verdict.low <= verdict.difference <= verdict.high or lost + won < 5
    assert Verdict.from_dict(verdict.to_dict()) == verdict


def test_the_interim_test_of_an_older_verdict_was_called_a_look():
    assert (
        Verdict.from_dict({"promote": False, "reason": "", "rows": 40, "confidence": 0.95, "look": 3}).interim_test == 3
    )


@settings(deadline=None, max_examples=40)
@given(rows=st.integers(30, 200), seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(rows, seed):
    random = np.random.default_rng(seed)
    champion, challenger = random.random(rows) < 0.5, random.random(rows) < 0.7
    order = random.permutation(rows)
    assert judge(champion, challenger, resamples=200) == judge(champion[order], challenger[order], resamples=200)


def test_a_refusal_without_a_comparison_keeps_the_policys_confidence():
    verdict = refusal_verdict("cooling down", Policy(confidence=0.9))
    assert (verdict.promote, verdict.reason, verdict.rows, verdict.confidence) == (False, "cooling down", 0, 0.9)
