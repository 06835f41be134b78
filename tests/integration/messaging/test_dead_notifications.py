"""What was given up, by the commands and on either kind of broker: listed, shown, sent again, dropped."""

import json

import pytest
from click.testing import CliRunner

import argosy
from argosy.app.scaffold import create_project
from argosy.cli.main import cli, run
from argosy.errors import FollowerNotFound
from argosy.messaging.dead_notifications import RENEWED_EVERY, DeadNotifications
from argosy.messaging.followers import Followers
from argosy.messaging.message import Message
from argosy.messaging.notifications import TOPIC
from argosy.testing.waiting import PATIENCE, until

NEWS = b'{"event":"definition_finished","id":"1","at":1764342000,"label":"tfidf-%d"}'


NAMES = ("chat", "mover")


@pytest.fixture(params=["sqlite", "postgresql", "rabbitmq"])
def project(request, tmp_path, monkeypatch):
    """A project whose followers `chat` and `mover` have given up three notifications each, one of them no JSON."""
    if request.param == "rabbitmq":
        monkeypatch.setenv("ARGOSY_BROKER", request.getfixturevalue("rabbitmq_url"))
    if request.param == "postgresql":
        monkeypatch.setenv("ARGOSY_DATABASE", request.getfixturevalue("migrated_postgresql_url"))
    create_project(tmp_path / "shop")
    with argosy.open(tmp_path / "shop") as opened:
        followers = Followers(opened.database, opened.broker)
        for name in NAMES:
            followers.add(name)
        sent = [Message(NEWS % 1, id="aa01"), Message(NEWS % 2, id="aa02"), Message(b"no JSON", id="bb03")]
        opened.broker.publish(TOPIC, *sent)
        for name in NAMES:
            receiver = opened.broker.receiver(TOPIC, name)
            for _ in sent:
                receiver.receive(PATIENCE).bury(f"{name} is away")
            receiver.close()
            until(lambda name=name: opened.broker.backlog(TOPIC, name).dead == len(sent))
        yield opened


@pytest.fixture
def command(project):
    def run_command(*arguments):
        done = CliRunner().invoke(cli, ["--project", str(project.root), "notifications", "dead", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    return run_command


def ids(project, name=""):
    """What is there, once all is back that was received to be looked at before."""
    dead = DeadNotifications(project.database, project.broker)
    found = [(one.name, one.id) for one in dead.find(name)]
    until(lambda: sum(project.broker.backlog(TOPIC, one).dead for one in ([name] if name else NAMES)) >= len(found))
    return found


def received(project, name):
    receiver = project.broker.receiver(TOPIC, name)
    delivery = receiver.receive(PATIENCE)
    delivery.ack()
    receiver.close()
    return delivery


def test_looking_changes_nothing(project, command):
    for _ in range(2):
        found = json.loads(until(lambda: len(json.loads(printed := command("list", "--json"))) == 6 and printed))
        assert [(one["name"], one["id"]) for one in found] == [
            (name, given) for name in NAMES for given in ("aa01", "aa02", "bb03")
        ]
    assert found[0]["why"] == "chat is away"
    assert found[0]["attempts"] == 1
    assert found[0]["notification"]["label"] == "tfidf-1"
    assert found[2]["notification"] is None
    shown = until(lambda: (printed := command("list", "--name", "mover")).count("mover is away") == 3 and printed)
    assert "2025-11-28T15:00:00Z  definition_finished  tfidf-1" in shown
    assert "it cannot be read" in shown
    assert "chat" not in shown
    until(lambda: len(ids(project)) == 6)
    assert "tfidf-2" in command("show", "aa02", "--name", "chat")


def test_one_is_sent_again_to_its_webhook(project, command):
    assert command("resend", "aa02", "--name", "mover") == "1 notification sent again.\n"
    again = received(project, "mover")
    assert (again.message.id, again.message.body, again.attempt) == ("aa02", NEWS % 2, 1)
    until(lambda: [given for _, given in ids(project, "mover")] == ["aa01", "bb03"])
    until(lambda: [given for _, given in ids(project, "chat")] == ["aa01", "aa02", "bb03"])
    assert project.broker.backlog(TOPIC, "chat").waiting == 0


def test_dropped_and_all(project, command):
    assert command("drop", "bb", "aa01") == "4 notifications dropped.\n"
    until(lambda: ids(project) == [("chat", "aa02"), ("mover", "aa02")])
    assert command("resend", "--all") == "2 notifications sent again.\n"
    until(lambda: ids(project) == [])
    assert received(project, "chat").message.id == received(project, "mover").message.id == "aa02"
    assert command("list") == "No notification was given up.\n"


def test_looking_often_loses_none(project):
    for _ in range(RENEWED_EVERY + 5):
        assert sorted(ids(project, "chat")) == [("chat", "aa01"), ("chat", "aa02"), ("chat", "bb03")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["drop"], "name an ID"),
        (["drop", "aa01", "--all"], "name an ID"),
        (["resend", "zz"], "no notification that was given up has the id 'zz'"),
        (["resend", "bb", "aa"], "2 notifications have an id that begins with 'aa'"),
        (["list", "--name", "movr"], "nobody follows notifications as 'movr'"),
    ],
)
def test_mistakes_change_nothing(project, capsys, arguments, said):
    assert run(["--project", str(project.root), "notifications", "dead", *arguments]) == 2
    assert said in capsys.readouterr().err
    until(lambda: len(ids(project)) == 6)


def test_an_unknown_name_is_not_created(project):
    with pytest.raises(FollowerNotFound):
        DeadNotifications(project.database, project.broker).find("movr")
    assert project.broker.backlog(TOPIC, "movr") is None
