"""A label from a notification identifies the trained version; a consumer of notifications promotes it."""

import json
import threading
from dataclasses import replace

import pytest
from click.testing import CliRunner

import argosy
from argosy.app.scaffold import create_project
from argosy.app.working import work
from argosy.cli.main import cli
from argosy.errors import ModelNotFound, VersionNotFound
from argosy.messaging import notifications
from argosy.messaging.consumer import Consumer
from argosy.messaging.relay import relay

PLAN = {
    "name": "notes",
    "dataset": {"name": "all"},
    "adapter": {"name": "hashing", "options": {"buckets": 64}},
    "model": [{"name": "naive_bayes"}, {"name": "nearest_centroid"}],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two versions of `notes`; the consumer `mover` subscribed before they were trained."""
    root = tmp_path_factory.mktemp("labels") / "notes"
    create_project(root)
    opened = argosy.open(root)
    opened.examples.add([(f"{word} note {n} of {word}", word) for n in range(40) for word in ("red", "green")])
    opened.broker.subscribe(notifications.TOPIC, "mover")
    opened.plans.submit(PLAN)
    work(opened.backends, threading.Event(), until=lambda: opened.plans.status("notes").is_over)
    yield opened
    opened.close()


@pytest.fixture
def labels(project):
    return {version.number: version.label for version in project.models.versions("notes")}


def invoked(project, *arguments):
    return CliRunner().invoke(cli, ["--project", str(project.root), *arguments])


def test_a_label_opens_its_model_and_version(project, labels):
    for number, label in labels.items():
        assert project.models.resolve(label).reference == f"notes@{number}"
        assert project.store.stored_version(label).number == number
        assert project.models.trained(label).label == label
        assert project.models[label].classify(["a red note of red"]) == ["red"]
        assert project.models[label] is project.models[f"notes@{number}"]


def test_the_command_shows_a_label_as_it_shows_the_version(project, labels):
    assert invoked(project, "models", "show", labels[2]).output == invoked(project, "models", "show", "notes@2").output
    shown = json.loads(invoked(project, "models", "show", labels[2], "--json").output)
    assert (shown["model"], shown["number"], shown["trained"]["label"]) == ("notes", 2, labels[2])


def recorded(project, label, *models):
    """The first version's result once more, under another label, as a version of those models."""
    again = replace(project.models.trained("notes@1"), label=label)
    with project.database.write() as transaction:
        project.store.record(transaction, again)
        for model in models:
            project.store.add_version(transaction, model, label)


def test_a_label_of_two_models_is_reported_and_opens(project):
    label = "hashing-naive_bayes-0a1b2c3d4e5f"
    recorded(project, label, "left", "right")
    with pytest.raises(VersionNotFound, match=f"'{label}' is left@1 and right@1: say which"):
        project.models.resolve(label)
    assert project.models[label] is project.models["notes@1"]
    assert invoked(project, "models", "show", label).output.startswith(f"left@1, right@1 {label}")


def test_a_label_without_a_version_opens_too(project):
    label = "hashing-naive_bayes-111111111111"
    recorded(project, label)
    with pytest.raises(VersionNotFound, match="is trained but is not a version of a model"):
        project.models.resolve(label)
    assert project.models[label].classify(["a green note of green"]) == ["green"]
    assert invoked(project, "models", "show", label).output.startswith(f"no version of a model: {label}")


def test_an_unknown_reference_is_reported(project):
    with pytest.raises(ModelNotFound, match=r"no model is called 'hashing-svm-0a1b2c3d4e5f'; there are: .*notes"):
        project.models["hashing-svm-0a1b2c3d4e5f"]


def test_a_consumer_of_notifications_brings_the_model_into_service(project, labels):
    relay(project.database, project.broker)
    trained, moved = {*labels.values()}, []

    def move(notification, delivery):
        if notification.event == "definition_finished" and notification.label in trained:
            moved.append(project.models.promote(notification.label, alias="newest", by="mover").label)

    consumer = Consumer(project.broker, notifications.TOPIC, "mover", notifications.CODEC, move)
    while consumer.step():
        pass
    consumer.close()
    assert sorted(moved) == sorted(labels.values())
    assert project.models.resolve("notes@newest").label == moved[-1]
    assert [move.moved_by for move in project.models.history("notes", "newest")] == ["mover", "mover"]
