"""A draw from the pool is the draw from all predictions, of which the pool holds few."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.feedback.review import draw_review
from argosy.predictions import draw_levels, review_pool
from argosy.predictions.draw_levels import KEPT_LEVEL
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.ids import PredictionIds, made_at
from argosy.predictions.measures import add_draws
from argosy.predictions.review_pool import LARGEST, SMALLEST, Reviewable, quarters
from stored.rows import remove


@pytest.fixture
def logged(writer, predict, database, vault):
    """300 predictions, some of them measured or drawn before, as a draw sees them."""
    generator = random.Random(7)
    made = [predict(confidence=generator.choice((0.5, 0.6, generator.random())), at=1000.0 + n) for n in range(300)]
    writer.log(made)
    measured, drawn = generator.sample(made, 90), generator.sample(made, 40)
    FeedbackLog(database, vault, lambda: 5.0).add_many(
        [Feedback(one.id, "correction", "a", "desk", is_uniform=True) for one in measured]
    )
    with database.write() as transaction:
        add_draws(transaction, {one.id: 0.25 for one in drawn})
    number = PredictionIds(vault.scope("predictions")).draw
    return [
        Reviewable(one.id, one.confidence, number(one.id), one in measured, one in drawn)
        for one in sorted(made, key=lambda one: one.id)
    ]


@pytest.mark.parametrize("kept", [0, 2, KEPT_LEVEL])
@pytest.mark.parametrize("rows", [1, 5, 40, 210, 300])
def test_the_draw_is_the_same(log, logged, rows, kept, monkeypatch):
    monkeypatch.setattr(review_pool, "PAGE", 20)
    for module in (draw_levels, review_pool):
        monkeypatch.setattr(module, "KEPT_LEVEL", kept)
    pool = log.for_review("topics", 0.0, 9e9, rows)
    ours, expected = draw_review(pool.likely, rows, (), pool.quarters), draw_review(logged, rows)
    assert ours == expected
    assert pool.limit == 1.0
    differing = {one.prediction_id for one in logged[::3]}
    assert draw_review(pool.likely, rows, differing, pool.quarters) == draw_review(logged, rows, differing)
    if rows == 1:
        assert len(pool.likely) < 100


def test_a_large_log_is_not_read(log, logged, database, monkeypatch):
    monkeypatch.setattr(draw_levels, "KEPT_LEVEL", 0)
    monkeypatch.setattr(review_pool, "KEPT_LEVEL", 0)
    log.drain()
    for level in (0, 1):  # of numbers over 1/4, which no such draw takes
        remove(database, "draw_levels", level=level)
    pool = log.for_review("topics", 0.0, 9e9, 5)
    assert draw_review(pool.likely, 5, (), pool.quarters) == draw_review(logged, 5)
    sixth = sorted(one.number for one in logged if not one.is_measured)[5]
    assert {one.prediction_id for one in pool.likely} == {
        one.prediction_id for one in logged if one.number <= LARGEST / SMALLEST * sixth
    }


def test_only_what_was_made_in_that_time_is_drawn(log, logged):
    for start, end in ((1100.0, 9e9), (0.0, 1100.0), (1050.0, 1051.0)):
        inside = [one for one in logged if start <= made_at(one.prediction_id) < end]
        pool = log.for_review("topics", start, end, 8)
        assert draw_review(pool.likely, 8, (), pool.quarters) == draw_review(inside, 8)


def test_the_newest_say_which_confidences_are_low(log, logged, monkeypatch):
    monkeypatch.setattr(review_pool, "QUARTER_ROWS", 100)
    newest = [one.confidence for one in logged if made_at(one.prediction_id) >= 1200.0]
    assert log.for_review("topics", 0.0, 9e9, 5).quarters == quarters(newest)


def test_a_smaller_pool_has_the_smallest_numbers_and_says_up_to_which(log, logged):
    whole = log.for_review("topics", 0.0, 9e9, 300)
    open_ones = sorted(one.number for one in logged if not one.is_measured)
    pool = whole.smallest(30)
    assert pool.limit == open_ones[30]
    assert pool.likely == [one for one in logged if one.number < open_ones[30]]
    assert whole.smallest(300) == whole


def test_of_no_prediction_there_is_nothing(log):
    assert log.for_review("topics", 0.0, 9e9, 5).likely == []


@given(st.lists(st.floats(0, 1), min_size=1))
def test_quarters_hold_the_least_certain(confidences):
    first, second = quarters(confidences)
    for one in confidences:
        below = sum(other < one for other in confidences) / len(confidences)
        assert (one <= first, one <= second) == (below < 0.25, below < 0.5)
