"""Predictions drawn for review: those on which versions differ, and as many as the gate needs."""

from __future__ import annotations

import pytest

import argosy
from argosy.evaluation.gate import Verdict
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.testing.leases import leased

WORDS = ("red", "green")
PLAN = "name: notes\ndataset: all\nadapter: hashing\nmodel: [naive_bayes, nearest_centroid]\n"
REFUSED = Verdict(False, "not shown to be better", 40, 0.975, interim_test=1, more_reviews=7)


@pytest.fixture
def project(tmp_path):
    with argosy.open(tmp_path / "notes", create=True) as project:
        project.examples.add([(f"{word} note {n}", word) for n in range(30) for word in WORDS])
        (project.root / "plan.yaml").write_text(PLAN)
        project.plans.train(project.root / "plan.yaml")
        project.models.promote("notes@1")
        yield project


@pytest.fixture
def ids(project):
    """40 answers: every second one has a higher confidence than all others, and differs from both versions' answers."""
    scope = project.vault.scope("predictions")
    issued = PredictionIds(scope).issue(40, 1.7e9, bytes(8))
    rows = [
        Prediction(one, "notes", 1, 1.7e9, *(("red", 0.5 + n / 100), ("green", 0.99))[n % 2], f"a red note {n}")
        for n, one in enumerate(issued)
    ]
    writer = SpoolWriter(project.spool, scope)
    writer.write([writer.framed(rows)])
    writer.close()
    return issued


def test_what_another_version_answers_otherwise_is_drawn_like_the_least_certain(project, ids):
    drawn = {row.prediction_id: float(row.drawn) for row in project.feedback.draw("notes", rows=20)}
    otherwise = {chance for one, chance in drawn.items() if one in ids[1::2]}
    assert otherwise == {max(drawn.values())}
    least_certain = {chance for one, chance in drawn.items() if one in ids[:20:2]}
    assert least_certain == otherwise


def refuse(project):
    """Record a gate's refusal, as a worker does."""
    result = {"model": "notes", "champion": 1, "challenger": 2, "promoted": False, "verdict": REFUSED.to_dict()}
    with project.database.write() as transaction:
        project.queue.submit(transaction, "gate", "gate-notes-x-over-1", {})
    project.queue.finish(leased(project.queue, "gate-notes-x-over-1"), result)


def test_as_many_are_drawn_as_the_gate_needs_and_no_row_twice(project, ids):
    assert project.feedback.reviews_wanted("notes") is None
    refuse(project)
    assert project.feedback.reviews_wanted("notes") == 7
    drawn = project.feedback.draw("notes")
    assert len(drawn) == 7
    for row in drawn[:3]:
        project.feedback.add(row.prediction_id, "red", uniform=True)
    assert project.feedback.reviews_wanted("notes") == 4
    again = project.feedback.draw("notes")
    assert [row.prediction_id for row in again] == [row.prediction_id for row in drawn[3:]]
