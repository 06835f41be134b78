"""The views that people read by SQL."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from argosy.app.backends import database as opened
from argosy.database import migrations

DOCUMENTED = Path(__file__).parents[2] / "docs" / "databases.md"
TRAINED = """
INSERT INTO trained (label, definition, dataset_digest, artifact, size_bytes, metrics, confusion, fit_seconds,
    predict_us, form, environment, log, trained_at)
VALUES ('a', '{"model": {"name": "svm"}}', 'd', 'a', 1, '{}', '{}', 1, 1, '{}', '{}', '', 1)"""
SECRET = ("sealed", "subject", "token", "hash", "wrapped", "members", "traceback", "log")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = "sqlite:///a.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    with closing(opened(url, tmp_path)) as made:
        yield made


def views():
    return re.findall(r"CREATE VIEW (\w+)", "".join(migrations.steps().values()))


def test_each_can_be_read_and_is_documented(database):
    text = DOCUMENTED.read_text("utf-8")
    with database.read() as transaction:
        for view in views():
            assert transaction.execute(f"SELECT * FROM {view}") == []
            assert view in text


def test_no_table_counts_a_view_and_none_shows_a_secret(database):
    with database.read() as transaction:
        assert not set(views()) & transaction.tables().keys()
    step = migrations.steps()[35].partition("CREATE VIEW")[2]
    assert [word for word in SECRET if re.search(rf"\b\w*{word}\w*\b", step.replace("log ", ""))] == []


def test_json_is_the_engines_own(database):
    with database.write() as transaction:
        transaction.execute(TRAINED)
    with database.read() as transaction:
        assert transaction.execute("SELECT label FROM reports_trained WHERE definition ->> 'model' LIKE '%svm%'")
