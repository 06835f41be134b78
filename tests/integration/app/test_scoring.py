"""Scoring files: the same bytes with any number of processes, resumed after any end, logged once."""

import csv
import json

import pytest

import argosy
from argosy.app.project import open_backends
from argosy.errors import ExamplesInvalid, JobFailed, UserMistake
from argosy.scoring import input_rows
from argosy.scoring.files import ScoringRequest, score_files
from argosy.scoring.input_rows import WantedColumns
from argosy.scoring.pool import ScoringPool
from stored.rows import column, count

PLAN = {"name": "notes", "dataset": {"name": "all"}, "adapter": {"name": "tfidf"}, "model": {"name": "naive_bayes"}}
ROWS = 2500


class Stopped(Exception):
    """Raised in the middle of a run, in place of Ctrl-C or a crash."""


def made(folder, url="sqlite:///.argosy/argosy.db"):
    root = folder / "notes"
    root.mkdir()
    (root / "argosy.yaml").write_text(f'name: notes\ndatabase: "{url}"\n')
    project = argosy.open(root)
    project.examples.add([(f"{label} note {n}", label) for n in range(40) for label in ("red", "green")])
    project.plans.train(PLAN)
    return project


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A project for tests that log nothing."""
    project = made(tmp_path_factory.mktemp("shared"))
    yield project
    project.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request, tmp_path):
    is_sqlite = request.param == "sqlite"
    project = made(tmp_path, *([] if is_sqlite else [request.getfixturevalue("migrated_postgresql_url")]))
    yield project
    project.close()


@pytest.fixture
def source(tmp_path):
    """Rows in an order that no sorting produces, some of them blank."""
    path = tmp_path / "in.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text"))
        for n in range(ROWS):
            writer.writerow(
                (n * 7919 % ROWS, " " if n % 400 == 7 else f"{('red', 'green')[n * 13 % 7 % 2]} note {n % 50}")
            )
    return path


def score(project, source, output, report=lambda *_: None, **given):
    columns = {"columns": WantedColumns(keep=("id",)), **given}
    request = ScoringRequest("notes", [str(source)], str(output), **columns)
    scored, _ = score_files(project.backends, open_backends, request, report)
    return scored[0]


def stop_after(batches):
    """A progress report that stops the run after that many batches."""
    seen = []

    def report(what, rows):
        seen.append(rows)
        if len(seen) == batches:
            raise Stopped

    return report


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_the_bytes_are_the_same_with_many_processes_and_after_a_stop(shared, source, tmp_path, name):
    once, many, resumed = (tmp_path / folder / name for folder in ("once", "many", "resumed"))
    for path in (once, many, resumed):
        path.parent.mkdir()
    done = score(shared, source, once, has_scores=True)
    assert (done.rows, done.problems, done.version, done.went_on_from) == (ROWS, 7, "notes@1", 0)
    (alike,) = shared.score("notes", source, many, keep=["id"], probabilities=True, processes=3)
    assert (alike.rows, alike.problems, alike.output) == (ROWS, 7, str(many))
    with pytest.raises(Stopped):
        score(shared, source, resumed, stop_after(2), has_scores=True, processes=2)
    assert not resumed.exists()
    went_on = score(shared, source, resumed, has_scores=True)
    assert (went_on.rows, went_on.problems) == (ROWS, 7)
    assert went_on.went_on_from >= 1000
    assert once.read_bytes() == many.read_bytes() == resumed.read_bytes()
    assert [path.name for path in resumed.parent.iterdir()] == [name]


def test_every_row_is_answered_as_the_model_answers_it(shared, source, tmp_path):
    output = tmp_path / "out.csv"
    score(shared, source, output, has_scores=True)
    given, found = rows_of(source), rows_of(output)
    assert [row["id"] for row in found] == [row["id"] for row in given]
    asked = [place for place, row in enumerate(given) if row["text"].strip()]
    labels = shared.models["notes"].classify([given[place]["text"] for place in asked])
    assert [found[place]["label"] for place in asked] == labels
    assert set(labels) == {"red", "green"}
    for place in set(range(ROWS)) - set(asked):
        assert (found[place]["label"], found[place]["problem"]) == ("", "the text is empty")
    best = [max(float(found[place][f"probability.{one}"]) for one in ("red", "green")) for place in asked]
    assert best == [float(found[place]["confidence"]) for place in asked]


def test_what_is_logged_is_logged_once_whatever_stops_it(own, source, tmp_path, monkeypatch):
    monkeypatch.setattr(input_rows, "BATCH_ROWS", 500)
    output = tmp_path / "out.csv"
    given = {"is_logged": True, "columns": WantedColumns(keep=("id",), subject="id", entity="id")}
    for _ in range(2):
        with pytest.raises(Stopped):
            score(own, source, output, stop_after(1), processes=2, **given)
    done = score(own, source, output, **given)
    assert done.went_on_from == 1000
    found = rows_of(output)
    ids = [row["prediction_id"] for row in found if row["prediction_id"]]
    assert len(set(ids)) == len(ids) == ROWS - 7
    assert column(own.database, "predictions", "id") == sorted(ids)
    row = next(row for row in found if row["prediction_id"])
    logged = own.backends.prediction_log.get(row["prediction_id"])
    assert (logged.model, logged.version, logged.answer) == ("notes", 1, row["label"])
    assert (logged.subject, logged.entity, logged.client) == (row["id"], row["id"], "argosy predict")
    assert own.lineage(row["prediction_id"]).answered[0].total == ROWS - 7
    own.backends.feedback_log.add(row["prediction_id"], "correction", "green", "desk")
    erased = own.examples.erase(row["id"])
    assert erased.predictions == 1


def test_nothing_is_logged_by_default(shared, source, tmp_path):
    score(shared, source, tmp_path / "out.csv")
    assert count(shared.database, "predictions") == 0
    assert "prediction_id" not in rows_of(tmp_path / "out.csv")[0]


def test_a_run_resumes_with_the_version_it_began_with(tmp_path, source, monkeypatch):
    monkeypatch.setattr(input_rows, "BATCH_ROWS", 500)
    with made(tmp_path) as project:
        project.models.promote("notes@1")
        output = tmp_path / "out.csv"
        with pytest.raises(Stopped):
            score(project, source, output, stop_after(1))
        project.plans.train({**PLAN, "model": {"name": "nearest_centroid"}})
        project.models.promote("notes@2", even_if_worse=True)
        assert score(project, source, output).version == "notes@1"
        assert {row["version"] for row in rows_of(output)} == {"notes@1", ""}
        assert score(project, source, output, replace=True).version == "notes@2"


def test_a_different_input_starts_again(shared, source, tmp_path, monkeypatch):
    monkeypatch.setattr(input_rows, "BATCH_ROWS", 500)
    output = tmp_path / "out.csv"
    with pytest.raises(Stopped):
        score(shared, source, output, stop_after(2))
    source.write_text("id,text\n1,a red note\n")
    done = score(shared, source, output)
    assert (done.rows, done.went_on_from) == (1, 0)
    assert len(rows_of(output)) == 1


def test_a_file_that_changes_while_it_is_scored_is_not_answered_half_and_half(shared, source, tmp_path, monkeypatch):
    monkeypatch.setattr(input_rows, "BATCH_ROWS", 500)
    output = tmp_path / "out.csv"

    def change(what, rows):
        with source.open("a") as file:
            file.write("1,a red note\n")

    with pytest.raises(ExamplesInvalid, match="it changed while it was scored"):
        score(shared, source, output, change)
    assert not output.exists()
    done = score(shared, source, output)
    assert (done.rows > ROWS, done.went_on_from) == (True, 0)
    assert len(rows_of(output)) == done.rows


def test_two_columns_of_one_name_are_refused(shared, source, tmp_path):
    source.write_text("id,label,input_label,text\n1,a,b,a red note\n")
    for keep, name in ((("label", "input_label"), "input_label"), (("id", "id"), "id")):
        with pytest.raises(UserMistake, match=f"two columns of the output would be called '{name}'"):
            score(shared, source, tmp_path / "out.csv", columns=WantedColumns(keep=keep))
    assert [one.name for one in tmp_path.glob("*out.csv*")] == []


def test_a_killed_process_ends_the_run_which_can_resume(shared, source, tmp_path, monkeypatch):
    monkeypatch.setattr(input_rows, "BATCH_ROWS", 500)
    output = tmp_path / "out.csv"
    pools = []
    of = ScoringPool._of
    monkeypatch.setattr(ScoringPool, "_of", lambda self, version: pools.append(of(self, version)) or pools[-1])

    def kill(what, rows):
        for child in list(pools[-1]._processes.values()):
            child.kill()

    with pytest.raises(JobFailed, match="a scoring process was killed"):
        score(shared, source, output, kill, processes=2)
    done = score(shared, source, output)
    assert (done.rows, done.went_on_from > 0) == (ROWS, True)


def test_what_is_there_is_left_unless_it_is_to_be_replaced(shared, source, tmp_path):
    output = tmp_path / "out.csv"
    output.write_text("mine")
    with pytest.raises(UserMistake, match=r"out\.csv exists: --replace scores it again"):
        score(shared, source, output)
    assert output.read_text() == "mine"
    score(shared, source, output, replace=True)
    assert len(rows_of(output)) == ROWS


def test_a_folder_in_which_some_are_done(shared, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": name, "text": "a red note"}) + "\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jsonl").write_text("there")
    request = ScoringRequest("notes", [str(tmp_path / "*.jsonl")], str(tmp_path / "out"))
    scored, there = score_files(shared.backends, open_backends, request)
    assert there == [str(tmp_path / "out" / "a.jsonl")]
    assert [one.output for one in scored] == [str(tmp_path / "out" / "b.jsonl")]
    assert json.loads((tmp_path / "out" / "b.jsonl").read_text())["label"] == "red"
