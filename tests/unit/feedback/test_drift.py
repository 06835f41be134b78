"""Drift is shown where there is some, and seldom where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.feedback.drift import Sample, drift, mean_shift, mix_shift, unseen_shares

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 300), min_size=1).filter(lambda x: sum(x.values()))


def draw(random, rows, shares):
    return dict(zip("abcd", random.multinomial(rows, shares).tolist(), strict=True))


def test_the_distance_is_the_share_that_changed_class():
    shift = mix_shift({"a": 50, "b": 50}, {"a": 70, "b": 30})
    assert shift.value == pytest.approx(0.2)
    assert shift.low < 0.2 < shift.high
    assert mix_shift({"a": 100}, {"b": 100}).value == 1


@settings(deadline=None, max_examples=40)
@given(COUNTS, COUNTS)
def test_a_distance_is_between_none_and_all(reference, live):
    shift = mix_shift(reference, live, resamples=200)
    assert 0 <= shift.value <= 1
    assert 0 <= shift.low <= shift.high <= 1
    assert 0 < shift.p_value <= 1
    back = mix_shift(live, reference, resamples=200)
    assert back.value == pytest.approx(shift.value)


@settings(deadline=None, max_examples=40)
@given(COUNTS)
def test_the_same_mix_is_no_drift(counts):
    shift = mix_shift(counts, counts, resamples=200)
    assert (shift.value, shift.p_value) == (0, 1)


def test_chance_alone_is_seldom_called_drift():
    random = np.random.default_rng(1)
    shares = [0.5, 0.3, 0.15, 0.05]
    found = [mix_shift(draw(random, 300, shares), draw(random, 120, shares), resamples=400) for _ in range(200)]
    assert sum(one.is_shown() for one in found) <= 20  # one in twenty is 10; twice that is far out
    assert sum(one.low == 0 for one in found) >= 170


def test_a_real_change_is_found_and_its_size_is_in_the_interval():
    random = np.random.default_rng(2)
    found = [
        mix_shift(draw(random, 400, [0.5, 0.3, 0.15, 0.05]), draw(random, 400, [0.3, 0.3, 0.15, 0.25]), resamples=400)
        for _ in range(60)
    ]
    assert all(one.is_shown() for one in found)
    assert sum(one.low <= 0.2 <= one.high for one in found) >= 50


def test_means_are_compared_as_welch_does():
    from scipy.stats import ttest_ind

    random = np.random.default_rng(3)
    first, second = random.normal(0, 1, 50), random.normal(0.4, 2, 80)
    shift = mean_shift(first, second)
    expected = ttest_ind(second, first, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert (shift.p_value, shift.low, shift.high) == pytest.approx((expected.pvalue, interval.low, interval.high))
    assert shift.value == pytest.approx(second.mean() - first.mean())


def test_too_little_to_compare_is_no_shift():
    assert mean_shift(np.array([1.0]), np.array([1.0, 2.0])) is None
    assert mix_shift({"a": 3}, {}) is None
    constant = mean_shift(np.ones(5), np.ones(5))
    assert (constant.value, constant.p_value) == (0, 1)


def test_words_that_training_never_saw_are_shared_out_by_text():
    assert unseen_shares(["Goal in extra time", "", "penalty GOAL"], {"goal", "in", "time"}) == [0.25, 0.0, 0.5]


def test_everything_together_names_what_shifted():
    random = np.random.default_rng(4)
    reference = Sample(["a", "b"] * 100, random.normal(0.9, 0.05, 200), random.integers(50, 90, 200), np.zeros(200))
    same = Sample(["b", "a"] * 50, random.normal(0.9, 0.05, 100), random.integers(50, 90, 100), np.zeros(100))
    assert drift(reference, same).shown() == []
    other = Sample(["a"] * 100, random.normal(0.6, 0.1, 100), random.integers(100, 190, 100), np.full(100, 0.3))
    found = drift(reference, other)
    assert found.shown() == ["answers", "confidence", "length", "vocabulary"]
    assert (found.reference_rows, found.live_rows) == (200, 100)
    assert found.to_dict()["vocabulary"]["live"] == pytest.approx(0.3)
    assert drift(reference, Sample(["a"], [], [], [])).shown() == []
