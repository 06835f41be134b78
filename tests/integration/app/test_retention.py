"""Predictions older than the retention time are deleted when a worker is idle."""

import threading

import argosy
from argosy.app.working import work
from argosy.operations.doctor import examine
from stored.predictions import answered
from stored.rows import column

SETTINGS = "name: notes\npredictions: {models: {notes: 30d}}\n"
DAY = 86_400.0


def test_an_idle_worker_deletes_older_predictions(tmp_path):
    (tmp_path / "argosy.yaml").write_text(SETTINGS)
    with argosy.open(tmp_path) as project:
        with project.database.read() as transaction:
            now = transaction.now()
        (young,) = answered(project, ["a note"], at=now - 29 * DAY)
        old = answered(project, ["another", "a third"], at=now - 31 * DAY)
        project.backends.prediction_log.drain()
        assert sorted(column(project.database, "predictions", "id")) == sorted([young, *old])
        (seen,) = [one for one in examine(lambda: project.backends, True) if one.check == "prediction log"]
        assert seen.found == "kept for 30d of notes; 2 predictions of notes will go when a worker is idle"
        work(project.backends, threading.Event(), until=lambda: True)
        assert column(project.database, "predictions", "id") == [young]
