"""Notifications, followed by real processes on either kind of broker: each name has its own position."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest
from click.testing import CliRunner

import argosy
from argosy.app.scaffold import create_project
from argosy.cli.main import cli
from argosy.errors import DefinitionInvalid, FollowerInvalid, FollowerNotFound
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.followers import Followers
from argosy.messaging.message import Message
from argosy.messaging.notifications import TOPIC, notify
from argosy.messaging.relay import relay
from argosy.testing.waiting import PATIENCE, until
from stored.clock import pass_time

CRASHING = """
import os, signal, sys, argosy
for one in argosy.open(sys.argv[1]).notifications(name="chat"):
    print(one.label, flush=True)
    if one.label == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=["sqlite", "postgresql", "rabbitmq"])
def project(request, tmp_path, monkeypatch):
    """An empty project; processes that the test starts have the same database and broker."""
    if request.param == "rabbitmq":
        monkeypatch.setenv("ARGOSY_BROKER", request.getfixturevalue("rabbitmq_url"))
    if request.param == "postgresql":
        monkeypatch.setenv("ARGOSY_DATABASE", request.getfixturevalue("migrated_postgresql_url"))
    create_project(tmp_path / "shop")
    with argosy.open(tmp_path / "shop") as opened:
        yield opened


@pytest.fixture
def start():
    """Starts Python with arguments, as a process that ends with the test."""
    with ExitStack() as processes:

        def started(*arguments):
            process = subprocess.Popen(
                [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, text=True, process_group=0
            )
            processes.callback(process.stdout.close)
            processes.callback(process.wait, PATIENCE)
            processes.callback(process.kill)
            return process

        yield started


@pytest.fixture
def follow(project, start):
    """Starts `argosy notifications follow`, and waits until it has subscribed."""

    def following(*arguments):
        process = start("-m", "argosy", "-C", project.root, "notifications", "follow", "--json", *arguments)
        until(lambda: process.poll() is not None or is_anybody_there(project))
        return process

    return following


def is_anybody_there(project):
    return project.broker.publish(TOPIC, Message(b'{"event":"definition_finished","id":"1","at":1,"label":"hello"}'))


def happen(project, *labels, event="definition_finished"):
    with project.database.write() as transaction:
        for label in labels:
            notify(transaction, event, label=label)


def next_label(process):
    """Of the next line that is no greeting."""
    while (label := json.loads(process.stdout.readline())["label"]) == "hello":
        pass
    return label


def labels(news, count):
    return [next(news).label for _ in range(count)]


def invoked(project, *arguments):
    return CliRunner().invoke(cli, ["--project", str(project.root), "notifications", *arguments])


def test_a_name_continues_where_it_stopped(project, follow):
    first = follow("--name", "chat")
    happen(project, "a", "b")
    assert [next_label(first), next_label(first)] == ["a", "b"]
    first.send_signal(signal.SIGINT)
    assert first.wait(PATIENCE) == 0
    happen(project, "c")
    second = follow("--name", "chat")
    assert next_label(second) == "c"
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE) == 0


def test_without_a_name_nothing_is_left_behind(project, follow):
    process = follow("--event", "definition_failed")
    happen(project, "a")
    happen(project, "b", event="definition_failed")
    assert next_label(process) == "b"
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert not is_anybody_there(project)


def test_what_a_killed_process_had_in_hand_is_repeated(project, start):
    Followers(project.database, project.broker).add("chat")
    happen(project, "a", "b", "c")
    process = start("-c", CRASHING, project.root, "b")
    assert process.wait(PATIENCE) == -signal.SIGKILL
    assert process.stdout.read() == "a\nb\n"
    if isinstance(project.broker, SqlBroker):
        pass_time(project.database, 61)  # a table's messages are held for a minute
    with project.notifications("chat") as news:
        assert sorted(labels(news, 2)) == ["b", "c"]


def test_each_name_has_all_and_its_members_share(project):
    with ExitStack() as opened:
        chat, other, mail = (opened.enter_context(project.notifications(name)) for name in ("chat", "chat", "mail"))
        happen(project, "a", "b")
        first = next(chat)
        assert labels(mail, 2) == ["a", "b"]
        assert {first.label, next(other).label} == {"a", "b"}


def test_a_notification_in_hand_is_repeated_and_one_passed_is_not(project):
    with project.notifications("chat") as news:
        happen(project, "a", "b")
        assert labels(news, 2) == ["a", "b"]
    with project.notifications("chat") as news:
        assert labels(news, 1) == ["b"]


def test_unwanted_events_are_skipped(project):
    with project.notifications("chat", ["definition_failed"]) as news:
        happen(project, "a")
        happen(project, "b", event="definition_failed")
        assert labels(news, 1) == ["b"]


def test_an_invalid_notification_is_given_up_and_listed(project):
    assert invoked(project, "list").output.startswith("Notifications have no followers")
    with project.notifications("chat") as news:
        project.broker.publish(TOPIC, Message(b"[]"))
        happen(project, "a")
        assert labels(news, 1) == ["a"]
    happen(project, "b")
    relay(project.database, project.broker)

    def listed():
        return json.loads(invoked(project, "list", "--json").output)

    until(lambda: [(row["name"], row["waiting"], row["dead"]) for row in listed()] == [("chat", 2, 1)])
    assert "chat" in invoked(project, "list").output


def test_a_name_that_is_forgotten_keeps_nothing(project):
    project.notifications("chat").close()
    happen(project, "a")
    relay(project.database, project.broker)
    assert invoked(project, "forget", "chat").output == "'chat' is forgotten: no notifications are kept for it.\n"
    assert json.loads(invoked(project, "list", "--json").output) == []
    with project.notifications("chat") as news:
        happen(project, "b")
        assert next(news).label == "b"


def test_a_connection_that_is_cut_loses_none(tmp_path, rabbitmq_url, relayed, monkeypatch):
    url, cable = relayed(rabbitmq_url)
    monkeypatch.setenv("ARGOSY_BROKER", url)
    create_project(tmp_path / "shop")
    with (
        argosy.open(tmp_path / "shop") as project,
        project.notifications() as news,
        project.notifications("chat") as kept,
    ):
        happen(project, "a")
        assert [next(news).label, next(kept).label] == ["a", "a"]
        cable.cut()
        happen(project, "b")
        assert {one.label for one in (next(news), next(news))} == {"a", "b"}
        assert {one.label for one in (next(kept), next(kept))} == {"a", "b"}


@pytest.mark.parametrize("name", ["No Name", "chat.dead", "temporary.chat", "webhook.chat"])
def test_an_invalid_name_is_refused(project, name):
    with pytest.raises(FollowerInvalid, match=name):
        project.notifications(name)


def test_unknown_events_and_names_are_reported(project):
    with pytest.raises(DefinitionInvalid, match=r"no event 'alias_move' .did you mean 'alias_moved'"):
        project.notifications(events=["alias_move"])
    project.notifications("chat").close()
    with pytest.raises(FollowerNotFound, match=r"as 'chatt' .did you mean 'chat'"):
        Followers(project.database, project.broker).forget("chatt")
