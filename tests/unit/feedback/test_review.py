"""Which predictions are drawn for a review, and with what chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.feedback.review import draw_review, sizes
from argosy.predictions.review_pool import Reviewable, ReviewPool, quarters


def candidates(seed=0, rows=1000, measured=()):
    numbers = np.random.default_rng(seed).random(rows)
    return [
        Reviewable(f"p{place:03}", place / rows, float(number), is_measured=place in measured)
        for place, number in enumerate(numbers)
    ]


def test_so_many_rows_are_chosen_each_with_its_chance():
    draw = draw_review(candidates(), 50)
    assert len(draw.prediction_ids) == 50
    assert draw.chances.keys() == set(draw.prediction_ids)
    assert all(0 < chance <= 1 for chance in draw.chances.values())


def test_the_least_certain_quarter_is_four_times_as_likely_as_the_most_certain_half():
    chances = draw_review(candidates(), 50).chances
    of = {name: {round(chances[one], 9) for one in chances if low <= int(one[1:]) < high}
          for name, low, high in (("unsure", 0, 250), ("rather", 250, 500), ("sure", 500, 1000))}  # fmt: skip
    assert all(len(values) == 1 for values in of.values())
    (unsure,), (rather,), (sure,) = of.values()
    assert unsure == pytest.approx(4 * sure)
    assert rather == pytest.approx(2 * sure)


def test_rows_weighted_by_their_chances_represent_all_rows_without_bias():
    of_all = [sum(1 / chance for chance in draw_review(candidates(seed), 60).chances.values()) for seed in range(400)]
    assert np.mean(of_all) == pytest.approx(1000, rel=0.02)
    wrong = {f"p{place:03}" for place in range(0, 1000, 7)}
    found = [
        sum(1 / chance for one, chance in draw_review(candidates(seed), 60).chances.items() if one in wrong)
        for seed in range(400)
    ]
    assert np.mean(found) == pytest.approx(len(wrong), rel=0.08)


@pytest.mark.parametrize("most", [60, 100, 2000])
def test_each_row_is_drawn_as_often_as_is_said(most):
    """Of each kind of row, those drawn stand for all of them: in a small pool, and in all there are."""
    kinds = {"differs": range(1, 1000, 10), "unsure": range(0, 250, 10), "sure": range(500, 1000, 10)}
    differing = {f"p{place:03}" for place in kinds["differs"]}
    totals = dict.fromkeys(kinds, 0.0)
    for seed in range(2000):
        pool = ReviewPool(candidates(seed), (0.25, 0.5)).smallest(most)
        draw = draw_review(pool.likely, 40, differing, pool.quarters, pool.limit)
        numbers = {one.prediction_id: one.number for one in pool.likely}
        assert len(draw.prediction_ids) == 40
        assert all(numbers[one] < chance <= pool.limit for one, chance in draw.chances.items())
        for kind, places in kinds.items():
            totals[kind] += sum(1 / chance for one, chance in draw.chances.items() if int(one[1:]) in places)
    for kind, places in kinds.items():
        assert totals[kind] / 2000 == pytest.approx(len(places), rel=0.06), kind


def test_what_another_version_answers_otherwise_is_drawn_like_the_least_certain():
    certain = [0.1, 0.2, 0.3, 0.9]
    assert sizes(certain, [False, False, False, True], quarters(certain)).tolist() == [4, 2, 1, 4]


def test_equal_confidences_have_equal_chances():
    assert set(sizes([0.5] * 10, [False] * 10, quarters([0.5] * 10))) == {4.0}


def test_what_was_measured_is_not_chosen_again():
    draw = draw_review(candidates(measured=range(0, 1000, 2)), 2000)
    assert len(draw.prediction_ids) == 500
    assert set(draw.chances.values()) == {1.0}
    assert draw_review(candidates(measured=range(1000)), 50).prediction_ids == []


def test_a_second_draw_continues_the_first_and_improves_its_chances():
    first = draw_review(candidates(), 50)
    seen = set(first.prediction_ids)
    again = [
        Reviewable(one.prediction_id, one.confidence, one.number, one.prediction_id in seen, one.prediction_id in seen)
        for one in candidates()
    ]
    second, at_once = draw_review(again, 30), draw_review(candidates(), 80)
    assert not seen & set(second.prediction_ids)
    assert second.chances == at_once.chances
    assert all(second.chances[one] >= first.chances[one] for one in seen)


@given(
    st.lists(
        st.builds(Reviewable, st.text("abcdef", min_size=3), st.floats(0, 1), st.floats(0, 1, exclude_max=True),
                  st.booleans(), st.booleans()),
        unique_by=(lambda one: one.prediction_id, lambda one: one.number),
    ),
    st.integers(1, 20),
)  # fmt: skip
def test_no_prediction_is_reviewed_twice(given, rows):
    draw = draw_review(given, rows)
    open_ones = {one.prediction_id for one in given if not one.is_measured}
    assert len(set(draw.prediction_ids)) == len(draw.prediction_ids) == min(rows, len(open_ones))
    assert set(draw.prediction_ids) <= open_ones
