"""Evidence at the gate: live rows that were learned from, and feedback that came with a token."""

from __future__ import annotations

from argosy.evaluation.gate import Policy
from argosy.feedback.reviewing import Reviews
from argosy.predictions.feedback_log import Feedback
from argosy.predictions.giver import Giver

from .conftest import NOON
from .test_loop import DRIFTED, SPAN, champion, drift, loop, text

__all__ = ["drift", "loop"]  # fixtures
TOKEN = Giver("shop", "shop", ("outcome", "uniform"), needs_draw=True)


def retrain(loop, policy=None):
    asked = loop.retrainings.request("topics", "ann")
    loop.work(policy)
    return loop.retrainings.progress(asked)


def result(loop, progress):
    return loop.queue.get(progress.job.label).result


def test_every_live_row_measures_and_most_teach(loop, drift):
    loop.train(SPAN)
    drift(range(200))
    found = retrain(loop)
    assert found.promoted
    assert (found.verdict.rows, found.verdict.interim_test) == (200, 1)
    assert result(loop, found)["left_out"] == ""
    assert loop.queue.get(found.job.payload["challenger"]).payload["hold_out"] == 5


def test_a_version_is_judged_on_rows_it_learned_from_by_fits_that_lacked_them(loop, drift):
    loop.train(SPAN)
    drift(range(200))
    assert retrain(loop).promoted
    drift(range(200, 260))
    found = retrain(loop)
    assert (found.verdict.rows, found.verdict.interim_test) == (260, 1), (
        "a new champion, whose first interim test this is"
    )
    assert found.verdict.champion_accuracy > 0.5
    assert not found.promoted


def test_where_fits_are_dear_one_answers_half_of_the_rows(loop, drift):
    loop.train(SPAN)
    drift(range(200))
    found = retrain(loop, Policy(fold_seconds=0.0))
    left_out = int(result(loop, found)["left_out"].split()[0])
    assert found.verdict.rows + left_out == 200
    assert 50 < left_out < 110


def test_each_challenger_of_one_champion_is_another_interim_test(loop, drift):
    loop.train(SPAN)
    for number, seeds in enumerate((range(60), range(60, 120), range(120, 180)), 1):
        drift(seeds, right=False)
        found = retrain(loop)
        assert (found.promoted, found.verdict.interim_test, found.verdict.rows) == (False, number, 60 * number)
        assert "more reviews" in found.reason


def test_reviews_drawn_for_doubt_measure_and_weigh_by_their_chance(loop, project, predict):
    loop.train(SPAN)
    topics = [("sport", "tech")[n % 2] for n in range(300)]
    ids = predict(
        [(text(topic, DRIFTED, n), "tech", 0.4 + n / 1000) for n, topic in enumerate(topics)], made_at=NOON + 1
    )
    right = dict(zip(ids, topics, strict=True))
    reviews = Reviews(project.database, project.log, project.feedback)
    rows = reviews.draw(reviews.candidates("topics", 120), 120)
    assert len({row.drawn for row in rows}) == 3, "three sizes, three chances"
    project.feedback.add_many(
        [Feedback(row.prediction_id, "correction", right[row.prediction_id], "ann", is_uniform=True) for row in rows]
    )
    found = retrain(loop)
    assert found.promoted
    assert found.verdict.rows == 120


def attack(project, predict, seeds):
    """Inputs from one caller, with outcomes that mark every answer as wrong."""
    topics = [("sport", "tech")[n % 2] for n in seeds]
    other = {"sport": "tech", "tech": "sport"}
    known = {"sport": ["goal", "match", "team"], "tech": ["chip", "code", "cloud"]}
    ids = predict([(text(topic, known, n), topic, 0.9) for n, topic in zip(seeds, topics, strict=True)])
    for one, topic in zip(ids, topics, strict=True):
        project.feedback.add_many([Feedback(one, "outcome", other[topic], "shop")], TOKEN)


def test_one_token_that_calls_everything_wrong_replaces_no_champion(loop, project, predict):
    loop.train(SPAN)
    attack(project, predict, range(1000, 2600))
    found = retrain(loop)
    assert not found.promoted
    assert champion(loop) == 1
    assert found.verdict.rows < 1600 / 2, "no more than the test part has"


def test_a_promotion_that_depends_on_one_suspicious_token_is_held(loop, project, predict):
    loop.train(SPAN)
    topics = [("sport", "tech")[n % 2] for n in range(300)]
    ids = predict([(text(topic, DRIFTED, n), "tech", 0.5) for n, topic in enumerate(topics)])
    project.feedback.add_many(
        [Feedback(one, "outcome", topic, "shop") for one, topic in zip(ids, topics, strict=True)], TOKEN
    )
    found = retrain(loop)
    assert (found.promoted, found.verdict.held) == (False, True)
    assert "held for a person, since it rests on one token: the token 'shop' contradicts the champion" in found.reason
    assert "argosy models promote topics@2" in found.reason
