"""The sum of profiles equals one profile of all rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.predictions.profiles import Profile, total
from argosy.statistics.shifts import Moments

VALUES = st.lists(st.floats(-1e3, 1e3), max_size=30)


@given(VALUES, VALUES)
def test_moments_of_two_lists_are_those_of_both_together(first, second):
    found, expected = Moments.of(first) + Moments.of(second), Moments.of(first + second)
    assert found.rows == expected.rows
    assert (found.mean, found.squares) == pytest.approx((expected.mean, expected.squares), rel=1e-9, abs=1e-6)


@given(VALUES.filter(lambda found: len(found) > 1))
def test_moments_of_sums_are_those_of_the_values(values):
    found = Moments.of_sums(len(values), sum(values), sum(value * value for value in values))
    assert found.variance == pytest.approx(float(np.var(values, ddof=1)), rel=1e-6, abs=1e-6)


def test_profiles_are_summed_by_class_and_by_name():
    one = Profile({"a": 2}, {"length": Moments.of([1, 2])})
    other = Profile({"a": 1, "b": 4}, {"length": Moments.of([3]), "field age": Moments.of([40])})
    both = total([one, other])
    assert both.answers == {"a": 3, "b": 4}
    assert both.rows == 7
    assert both.means["length"] == Moments.of([1, 2, 3])
    assert both.means["field age"].rows == 1
    assert total([]).rows == 0
