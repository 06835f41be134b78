"""Everything that the command line does is a Python call: those of the README, on a project of a few tickets."""

import random
import re
import shutil
import threading
import time
from contextlib import contextmanager

import httpx
import pandas as pd
import pytest
from starlette.testclient import TestClient

import argosy
from argosy.app.scaffold import create_project
from argosy.errors import (
    ExamplesInvalid,
    ModelNotFound,
    NothingNew,
    ProjectNotFound,
    ServerNotStarted,
    VersionNotFound,
)
from argosy.feedback.upkeep import decisions
from argosy.predictions.drainer import follow
from argosy.processes import current_user
from argosy.testing.waiting import PATIENCE

WORDS = {
    "delivery": ["parcel", "courier", "late", "tracking"],
    "refund": ["card", "charged", "twice", "money"],
    "account": ["password", "login", "locked", "reset"],
}
LABELS = ["delivery"] * 6 + ["refund"] * 3 + ["account"]
PLAN = {
    "name": "shop",
    "dataset": {"name": "all", "options": {"training_ratio": 0.6}},
    "adapter": {"name": "tfidf"},
    "model": {"name": "logistic", "options": {"C": [0.01, 10.0]}},
}


def tickets(count, seed=1):
    """Six of ten are about delivery, so that a model that learns little answers that, whatever its rows."""
    draw = random.Random(seed)
    for number in range(count):
        label = LABELS[number % 10]
        yield " ".join([*draw.choices(WORDS[label], k=4), str(number)]), label


@pytest.fixture
def project(tmp_path):
    """A new project."""
    create_project(tmp_path / "shop")
    opened = argosy.open(tmp_path / "shop")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project whose plan of two definitions is trained; for tests that leave its versions as they are."""
    folder = tmp_path_factory.mktemp("api") / "shop"
    create_project(folder)
    (folder / "argosy.yaml").write_text("name: shop\ngate: {minimum_rows: 10, cooldown_seconds: 0}\n", "utf-8")
    opened = argosy.open(folder)
    opened.examples.add(tickets(240))
    status = opened.plans.train(PLAN, processes=1)
    assert status.is_over
    assert status.failed == ()
    opened.models.promote("shop@best")
    yield opened
    opened.close()


@pytest.fixture
def live(trained, tmp_path):
    """A copy of it, for a test that changes it."""
    opened = argosy.open(shutil.copytree(trained.root, tmp_path / "live"))
    yield opened
    opened.close()


def test_a_folder_becomes_a_project_once(tmp_path):
    with pytest.raises(ProjectNotFound):
        argosy.open(tmp_path / "shop")
    made = argosy.open(tmp_path / "shop", create=True)
    made.examples.add([("my parcel", "delivery")])
    again = argosy.open(tmp_path / "shop", create=True)
    assert again.examples.collections() == {"default": 1}
    for one in (made, again):
        one.close()


def test_a_server_runs_in_a_child_while_the_block_does(tmp_path):
    with argosy.open(tmp_path / "shop", create=True) as project:
        with project.serve() as url:
            assert httpx.get(f"{url}/v2/health/live").status_code == 200
            port = int(url.rpartition(":")[2])
            with pytest.raises(ServerNotStarted, match=f"the server did not start: .*{port}"), project.serve(port):
                pass
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/v2/health/live")


def test_examples_are_added_from_any_iterable(project):
    report = project.examples.add(tickets(40))
    assert (report.added, report.duplicates) == (40, 0)
    project.examples.add([{"text": "my parcel", "label": "delivery", "subject": "ann", "seen_at": "2026-01-01"}])
    project.examples.add([argosy.Example("my login", "account")])
    assert project.examples.collections() == {"default": 42}
    assert project.examples.count().labels["delivery"] == 25
    assert sorted(example.label for example in project.examples.export())[0] == "account"
    assert project.examples.erase("ann").examples == 1
    for row in (("one",), 3, {"text": "x", "label": "y", "seen_at": "noon"}):
        with pytest.raises(ExamplesInvalid, match="row 1"):
            project.examples.add([row])
    for row in ({"text": "x"}, {"text": "x", "lable": "y"}):
        with pytest.raises(ExamplesInvalid, match="which column is the label"):
            project.examples.add([row])


def test_a_plan_is_trained_and_ranked_in_a_frame(trained):
    board = trained.leaderboard()
    assert isinstance(board, pd.DataFrame)
    assert list(board.index) == [1, 2]
    assert board.loc[1, "model"] == "logistic C=10.0"
    assert board["test_accuracy"].between(0, 1).all()
    assert len(trained.leaderboard("shop")) == 2


def test_a_leaderboard_has_its_columns_before_anything_is_trained(trained, tmp_path):
    create_project(tmp_path / "empty")
    with argosy.open(tmp_path / "empty") as project:
        empty = project.leaderboard()
    assert len(empty) == 0
    assert list(empty.columns) == list(trained.leaderboard().columns)


def test_a_model_is_found_by_reference_and_answers(trained):
    model = trained.models["shop@champion"]
    assert isinstance(model, argosy.AdaptedModel)
    assert model.classify(["courier late", "card charged twice"]) == ["delivery", "refund"]
    assert model.predict_proba(["courier late"]).shape == (1, 3)
    assert trained.models["shop@best"] is model
    assert trained.models.names() == ["shop"]
    with pytest.raises(ModelNotFound):
        trained.models["shp@champion"]
    with pytest.raises(VersionNotFound):
        trained.models["shop@9"]


def test_feedback_goes_in_and_a_better_version_comes_out(live, tmp_path):
    before = live.store.stored_version("shop@champion").number
    with pytest.raises(NothingNew):
        live.retrain("shop")
    reported = decisions(live.backends)
    assert ["made no challenger" in text for _, _, text in reported] == [True]
    texts = [
        f"drone rotor hangar {number}" for number in range(160)
    ]  # enough that the gate has sufficient rows whatever is drawn
    ids = ask(live, texts)
    assert all(live.feedback.add(prediction, "drone", uniform=True) for prediction in ids[:130])
    assert live.feedback.add(ids[0], "drone", uniform=True) is False
    review = tmp_path / "review.csv"
    assert live.feedback.review("shop", review, rows=30) >= 30
    lines = review.read_text("utf-8").splitlines()
    review.write_text("\n".join([lines[0], *(f"{line}drone" for line in lines[1:])]) + "\n", "utf-8")
    returned, new = live.feedback.import_file(review)
    assert new == len(returned.corrections)
    assert returned.new_labels == ["drone"]
    retrained = live.retrain("shop")
    assert retrained.promoted, retrained.summary
    assert retrained.to_dict()["requested_by"] == current_user()
    assert [text for _, _, text in decisions(live.backends) - reported] == [
        f"shop: version 3 takes over from {before}, {retrained.reason}"
    ]
    assert re.match(rf"Promoted: version 3 takes over from {before}, better: \+", retrained.summary)
    assert live.models["shop@champion"].classify(["drone in the hangar"]) == ["drone"]
    assert live.models.history("shop")[0].evidence["promote"] is True
    assert live.models.rollback("shop").number == before


def ask(project, texts):
    """Predict with a server, and drain its log; the predictions' ids."""
    from argosy.app.serving import server_of

    server = server_of(project.backends)
    with serving(server.app) as client:
        answer = client.post("/v1/models/shop:predict", json={"instances": texts}).json()
    stop = threading.Event()
    drainer = threading.Thread(target=follow, args=(project.spool, project.database, stop))
    drainer.start()
    ids = [row["prediction_id"] for row in answer["predictions"]]
    deadline = time.monotonic() + PATIENCE
    while len(project.feedback.draw("shop", rows=1000)) < len(ids):
        assert time.monotonic() < deadline, "the drainer did not drain"
        time.sleep(0.02)
    stop.set()
    drainer.join()
    return ids


@contextmanager
def serving(app):
    """A client of the application, once its models are loaded."""
    with TestClient(app, base_url="http://127.0.0.1") as client:
        deadline = time.monotonic() + PATIENCE
        while client.get("/v2/health/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield client
