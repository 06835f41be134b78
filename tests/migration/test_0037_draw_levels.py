"""Predictions from before there were draw levels are drawn like all others, on both engines."""

import base64
import random
from contextlib import closing

import pytest

from argosy.app.backends import database as opened
from argosy.database import migrations
from argosy.predictions import draw_levels, statements
from argosy.predictions.draw_levels import KEPT_LEVEL, compute_due_levels
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import PredictionLog
from argosy.predictions.record import Prediction, from_bytes, seal, to_bytes
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault
from stored.rows import column, count, rows

ROWS = 400


@pytest.fixture
def place(request, tmp_path, engine):
    return ("sqlite:///a.db" if engine == "sqlite" else request.getfixturevalue("postgresql_url")), tmp_path


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request):
    return request.param


@pytest.fixture
def older(place, monkeypatch):
    """A database of schema 36 and its vault."""
    with monkeypatch.context() as before:
        known = {number: step for number, step in migrations.steps().items() if number <= 36}
        before.setattr(migrations, "steps", lambda: known)
        made = opened(*place)
    with closing(made):
        yield made


@pytest.fixture
def vault(older):
    return Vault(older, EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()}))


def predictions(vault, model, start, rows):
    generator, ids = random.Random(model + str(start)), PredictionIds(vault.scope("predictions"))
    return [
        Prediction(ids.issue(1, at, generator.randbytes(8))[0], model, 1, at, "red", generator.random(), "a text")
        for at in (start + n // 3 for n in range(rows))
    ]


def insert(database, vault, made):
    """As an Argosy of schema 36 does: what it seals has no level."""
    sealed = [from_bytes(to_bytes(seal(one, vault.scope("predictions")))) for one in made]
    with database.write() as transaction:
        transaction.execute_many(statements.ADD, [statements.parameters(one) for one in sealed])


def numbers(log, rows):
    pool = log.for_review("topics", 0.0, 9e9, rows)
    return sorted(one.number for one in pool.likely)[: rows + 1]


def expected(vault, made, rows):
    draw = PredictionIds(vault.scope("predictions")).draw
    return sorted(draw(one.id) for one in made)[: rows + 1]


def levels(vault, made):
    level = PredictionIds(vault.scope("predictions")).level
    return {one.id: level(one.id) for one in made if level(one.id) >= KEPT_LEVEL}


def test_old_rows_are_drawn_with_new_ones(older, vault, tmp_path):
    old, other = predictions(vault, "topics", 1000.0, ROWS), predictions(vault, "news", 1000.0, 50)
    insert(older, vault, old + other)
    older.migrate()
    assert column(older, "draw_levels_due", "model") == ["news", "topics"]
    log, new = PredictionLog(older, vault, tmp_path / "spool"), predictions(vault, "topics", 1050.0, ROWS)
    log.add(new)
    assert dict(rows(older, "draw_levels", "prediction_id", "level")) == levels(vault, new)
    assert numbers(log, 20) == expected(vault, old + new, 20)
    assert dict(rows(older, "draw_levels", "prediction_id", "level")) == levels(vault, old + new)
    assert column(older, "draw_levels_due", "model") == ["news"]
    assert numbers(log, 20) == expected(vault, old + new, 20)


def test_an_empty_log_owes_nothing(older):
    older.migrate()
    assert count(older, "draw_levels_due") == 0


def test_what_was_begun_goes_on_where_it_was(older, vault, tmp_path, monkeypatch):
    monkeypatch.setattr(draw_levels, "PAGE_ROWS", 70)
    old = predictions(vault, "topics", 1000.0, ROWS)
    insert(older, vault, old)
    older.migrate()

    class Killed(PredictionIds):
        asked = 0

        def level(self, prediction_id):
            self.asked += 1
            if self.asked > 200:
                raise KeyboardInterrupt
            return super().level(prediction_id)

    with pytest.raises(KeyboardInterrupt):
        compute_due_levels(older, Killed(vault.scope("predictions")), "topics")
    [(reached,)] = rows(older, "draw_levels_due", "made_at")
    assert reached == old[139].made_at
    log = PredictionLog(older, vault, tmp_path / "spool")
    assert numbers(log, 20) == expected(vault, old, 20)
    assert dict(rows(older, "draw_levels", "prediction_id", "level")) == levels(vault, old)


def test_a_long_computation_reports_how_far_it_is(older, vault, tmp_path, monkeypatch):
    monkeypatch.setattr(draw_levels, "PAGE_ROWS", 150)
    insert(older, vault, predictions(vault, "topics", 1000.0, ROWS))
    older.migrate()
    log, reported = PredictionLog(older, vault, tmp_path / "spool"), []
    log.for_review("topics", 0.0, 9e9, 20, reported.append)
    assert reported == [
        "computing draw levels, once for each prediction: 150 so far",
        "computing draw levels, once for each prediction: 300 so far",
    ]
    log.for_review("topics", 0.0, 9e9, 20, reported.append)
    assert len(reported) == 2


def test_what_an_older_server_left_in_its_spool_is_drawn_too(older, vault, tmp_path):
    older.migrate()
    made = predictions(vault, "topics", 1000.0, ROWS)
    sealed = [seal(one, vault.scope("predictions")) for one in made]
    with older.write() as transaction:
        draw_levels.add_predictions(transaction, sealed)
    assert set(column(older, "draw_levels", "level")) == {None}
    log = PredictionLog(older, vault, tmp_path / "spool")
    assert numbers(log, 20) == expected(vault, made, 20)
    assert dict(rows(older, "draw_levels", "prediction_id", "level")) == levels(vault, made)


def test_a_prediction_that_goes_takes_its_level_with_it(older, vault, tmp_path):
    older.migrate()
    made = predictions(vault, "topics", 1000.0, ROWS)
    PredictionLog(older, vault, tmp_path / "spool").add(made)
    gone = [one.id for one in made[: ROWS // 2]]
    with older.write() as transaction:
        transaction.execute("DELETE FROM predictions WHERE id IN (:ids)", {"ids": gone})
    assert dict(rows(older, "draw_levels", "prediction_id", "level")) == levels(vault, made[ROWS // 2 :])


def test_a_level_of_a_prediction_that_is_gone_is_not_kept(older, vault):
    older.migrate()
    with older.write() as transaction:
        transaction.execute(draw_levels.KEEP, {"id": "00", "level": 9})
    assert count(older, "draw_levels") == 0
