"""A draw from the pool is the draw from all predictions, of which the pool holds few."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.feedback.review import draw_review
from argosy.predictions import review_pool
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.ids import PredictionIds
from argosy.predictions.measures import add_draws
from argosy.predictions.review_pool import Reviewable, quarters


@pytest.fixture
def logged(writer, predict, database, vault):
    """300 predictions, some of them measured or drawn before, as a draw sees them."""
    generator = random.Random(7)
    made = [predict(confidence=generator.choice((0.5, 0.6, generator.random())), at=1000.0 + n) for n in range(300)]
    writer.write(made)
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


@pytest.mark.parametrize("rows", [1, 5, 40, 210, 300])
def test_the_draw_is_the_same(log, logged, rows, monkeypatch):
    monkeypatch.setattr(review_pool, "PAGE", 20)
    pool = log.for_review("topics", 0.0, 9e9, rows)
    ours, expected = draw_review(pool.likely, rows, (), pool.quarters), draw_review(logged, rows)
    assert ours == expected
    assert pool.count == len(logged)
    differing = {one.prediction_id for one in logged[::3]}
    assert draw_review(pool.likely, rows, differing, pool.quarters) == draw_review(logged, rows, differing)
    if rows == 1:
        assert len(pool.likely) < 100


def test_the_newest_are_those_without_a_review(log, logged, monkeypatch):
    monkeypatch.setattr(review_pool, "NEWEST_ROWS", 150)
    open_ones = [one.prediction_id for one in reversed(logged) if not one.is_measured]
    assert log.for_review("topics", 0.0, 9e9, 1).newest == open_ones[:150]


def test_of_no_prediction_there_is_nothing(log):
    assert log.for_review("topics", 0.0, 9e9, 5).likely == []


@given(st.lists(st.floats(0, 1), min_size=1))
def test_quarters_hold_the_least_certain(confidences):
    first, second = quarters(confidences)
    for one in confidences:
        below = sum(other < one for other in confidences) / len(confidences)
        assert (one <= first, one <= second) == (below < 0.25, below < 0.5)
