"""Drift is found where there is some, and rarely where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.evaluation.drift import compare_profiles
from argosy.predictions.profiles import Profile
from argosy.statistics.shifts import Moments, mean_shift, mix_shift, overlap_lost

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
    assert sum(one.p_value < 0.05 for one in found) <= 20  # one in twenty is 10; twice that is far out
    assert sum(one.low == 0 for one in found) >= 170


def test_a_real_change_is_found_and_its_size_is_in_the_interval():
    random = np.random.default_rng(2)
    found = [
        mix_shift(draw(random, 400, [0.5, 0.3, 0.15, 0.05]), draw(random, 400, [0.3, 0.3, 0.15, 0.25]), resamples=400)
        for _ in range(60)
    ]
    assert all(one.p_value < 0.05 for one in found)
    assert sum(one.low <= 0.2 <= one.high for one in found) >= 50


def test_means_are_compared_as_welch_does():
    from scipy.stats import ttest_ind

    random = np.random.default_rng(3)
    first, second = random.normal(0, 1, 50), random.normal(0.4, 2, 80)
    shift = mean_shift(Moments.of(first), Moments.of(second))
    expected = ttest_ind(second, first, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert (shift.p_value, shift.low, shift.high) == pytest.approx((expected.pvalue, interval.low, interval.high))
    assert shift.value == pytest.approx(second.mean() - first.mean())


def test_too_little_to_compare_is_no_shift():
    assert mean_shift(Moments.of([1.0]), Moments.of([1.0, 2.0])) is None
    assert mix_shift({"a": 3}, {}) is None
    constant = mean_shift(Moments.of(np.ones(5)), Moments.of(np.ones(5)))
    assert (constant.value, constant.p_value, constant.size) == (0, 1, 0)
    certain = mean_shift(Moments.of(np.zeros(5)), Moments.of(np.ones(5)))
    assert (certain.value, certain.p_value, certain.least_size) == (1, 0, 1)


def test_sizes_are_of_one_kind():
    """Sizes of shifts: the distance of mixes, that of two normal distributions for means, differences of shares."""
    from scipy.stats import norm

    assert mix_shift({"a": 50, "b": 50}, {"a": 70, "b": 30}).size == pytest.approx(0.2)
    assert overlap_lost(1.0, 2.0) == pytest.approx(2 * norm.cdf(0.25) - 1)
    random = np.random.default_rng(5)
    shift = mean_shift(Moments.of(random.normal(0, 1, 4000)), Moments.of(random.normal(0.5, 1, 4000)))
    assert shift.size == pytest.approx(overlap_lost(0.5, 1.0), abs=0.02)
    assert 0.15 < shift.least_size < shift.size
    sure = mean_shift(
        Moments.of(random.normal(0.9, 0.01, 400)), Moments.of(random.normal(0.88, 0.01, 400)), is_share=True
    )
    assert sure.size == pytest.approx(0.02, abs=0.003)  # two standard deviations, but unimportant


def profile(answers, *columns):
    names = ("confidence", "length", "vocabulary")
    counts = {name: answers.count(name) for name in set(answers)}
    return Profile(counts, {name: Moments.of(column) for name, column in zip(names, columns, strict=False)})


def test_everything_together_names_what_shifted():
    random = np.random.default_rng(4)
    reference = profile(["a", "b"] * 100, random.normal(0.9, 0.05, 200), random.normal(4, 0.1, 200), np.zeros(200))
    same = profile(["b", "a"] * 50, random.normal(0.9, 0.05, 100), random.normal(4, 0.1, 100), np.zeros(100))
    assert compare_profiles(reference, same).shown() == []
    other = profile(["a"] * 100, random.normal(0.6, 0.1, 100), random.normal(5, 0.1, 100), np.full(100, 0.3))
    found = compare_profiles(reference, other)
    assert found.shown() == ["answers", "confidence", "length", "vocabulary"]
    assert (found.reference_rows, found.live_rows) == (200, 100)
    assert found.shifts["vocabulary"].live == pytest.approx(0.3)
    assert found.shown(at_least=0.4) == ["answers", "length"]
    assert compare_profiles(reference, profile(["a"])).shown() == []


def test_false_alarms_are_as_rare_as_the_trigger_says():
    """Reference and windows from one world, many classes, skewed numbers: at 0.99 one window in a hundred is too much.

    Fifty worlds of two windows; more than 6 of 100 have a probability of 0.0001 at a rate of 0.01.
    """
    alarms = sizeable = held = 0
    for seed in range(50):
        random = np.random.default_rng(seed)
        shares = random.dirichlet(np.full(12, 0.7))

        def world(count, random=random, shares=shares):
            answers = random.multinomial(count, shares)
            means = {
                "confidence": Moments.of(random.beta(8, 2, count)),
                "length": Moments.of(random.normal(4, 0.6, count)),
                "vocabulary": Moments.of(random.beta(0.5, 6, count)),
            }
            return Profile({str(name): int(one) for name, one in enumerate(answers) if one}, means)

        reference = world(300)
        for rows in (200, 2000):
            found = compare_profiles(reference, world(rows), seed=seed)
            alarms += bool(found.shown(0.99))
            sizeable += bool(found.shown(0.99, at_least=0.1))
            held += found.shifts["answers"].low == 0
    assert alarms <= 6
    assert sizeable <= 2
    assert held >= 90
