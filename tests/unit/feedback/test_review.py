"""What is laid before an analyst."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from argosy.feedback.review import choose, uniform_share
from argosy.predictions.log import Reviewable

CANDIDATES = [Reviewable(f"p{number:03}", number / 1000, False, False) for number in range(1000)]


def ids(picked, drawn):
    return [one.prediction_id for one in picked if one.drawn == drawn]


def test_the_least_certain_and_a_fifth_uniformly_beside_them():
    picked = choose(CANDIDATES, 50, seed=1)
    assert len(ids(picked, "uncertain")) == 50
    assert len(ids(picked, "uniform")) == 10
    assert max(ids(picked, "uncertain")) <= "p059"
    assert max(ids(picked, "uniform")) > "p300"


def test_a_fifth_is_rounded_up():
    assert [uniform_share(rows) for rows in (0, 1, 5, 6, 50)] == [0, 1, 1, 2, 10]


def test_reviewed_ones_are_not_asked_again_for_doubt_but_may_be_drawn():
    reviewed = [Reviewable(one.prediction_id, one.confidence, True, False) for one in CANDIDATES]
    picked = choose(reviewed, 50, seed=1)
    assert ids(picked, "uncertain") == []
    assert len(ids(picked, "uniform")) == 10


def test_what_was_measured_is_not_drawn_again():
    measured = [Reviewable(one.prediction_id, one.confidence, True, True) for one in CANDIDATES]
    assert choose(measured, 50, seed=1) == []


def test_the_uniform_draw_is_uniform_over_confidence():
    means = [sum(int(one[1:]) for one in ids(choose(CANDIDATES, 100, seed), "uniform")) / 20 for seed in range(100)]
    assert 450 < sum(means) / 100 < 550


@given(
    st.lists(st.builds(Reviewable, st.text("abcdef", min_size=3), st.floats(0, 1), st.booleans(), st.booleans()),
             unique_by=lambda one: one.prediction_id),
    st.integers(0, 20), st.integers(0, 5), st.randoms(),
)  # fmt: skip
def test_nobody_is_asked_twice_and_order_does_not_matter(candidates, rows, seed, random):
    picked = choose(candidates, rows, seed)
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert picked == choose(shuffled, rows, seed)
    assert len({one.prediction_id for one in picked}) == len(picked) <= rows + uniform_share(rows)
