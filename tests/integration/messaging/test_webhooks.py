"""Webhooks: sent by workers, signed, tried again and given up; nothing secret is in a log."""

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import argosy
from argosy.app.scaffold import create_project
from argosy.cli.main import cli
from argosy.definitions.project import parse_settings
from argosy.definitions.webhooks import WebhookSettings
from argosy.errors import DefinitionInvalid, WebhookFailed
from argosy.messaging.broker import Backlog
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.followers import Followers
from argosy.messaging.notifications import TOPIC, notify
from argosy.messaging.posting import post
from argosy.messaging.relay import relay
from argosy.messaging.webhooks import ATTEMPTS, Webhook, follower_of, send_the_last
from argosy.processes import stop
from argosy.testing.waiting import until
from servers.certificates import certified
from servers.rabbitmq import free_ports
from servers.webhook_receiver import receiving
from stored.messages import end_delays
from stored.rows import column

SECRET = "it-opens-no-door"
DOCS = Path(__file__).parents[3] / "docs" / "notifications.md"


def is_genuine():
    """The function that the documentation tells receivers to use."""
    (code,) = re.findall(r"```python\n(import hashlib\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    found = {}
    exec(code, found)  # it is our own page
    return found["is_genuine"]


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


class Shop:
    """A project with webhooks, and its workers as processes."""

    def __init__(self, root, settings, log):
        self.root, self.log = root, log
        create_project(root)
        (root / "argosy.yaml").write_text(json.dumps(settings))
        self.project = argosy.open(root)

    def start(self, *arguments):
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "argosy", "-C", str(self.root), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def happen(self, *labels, event="definition_finished"):
        with self.project.database.write() as transaction:
            for label in labels:
                notify(transaction, event, label=label)

    def listed(self):
        """Name, waiting and dead of each."""
        output = CliRunner().invoke(cli, ["-C", str(self.root), "notifications", "list", "--json"]).output
        return [(row["name"], row["waiting"], row["dead"]) for row in json.loads(output)]


@pytest.fixture
def make_shop(tmp_path, monkeypatch):
    """Makes a project with one webhook, and starts its commands, which end with the test."""
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    with ExitStack() as opened:

        def make(url, *commands, **more):
            settings = {"webhooks": [{"url": url, "secret_env": "SHOP_SECRET", **more}]}
            shop = Shop(tmp_path / "shop", settings, tmp_path / "log")
            opened.callback(shop.project.close)
            for command in commands:
                opened.callback(stop, shop.start(*command))
            until(lambda: not commands or shop.listed())
            return shop

        yield make


@pytest.mark.parametrize("broker", ["database", "rabbitmq"])
def test_workers_send_each_notification_signed(make_shop, receiver, request, monkeypatch, broker):
    if broker == "rabbitmq":
        monkeypatch.setenv("ARGOSY_BROKER", request.getfixturevalue("rabbitmq_url"))
    receiver.answers[:] = [500, 302]
    shop = make_shop(receiver.url, ["worker"], ["up", "--workers", "0", "--port", "0"])
    shop.happen("a", "b", "c")
    until(lambda: {*receiver.labels()} == {"a", "b", "c"} and len(receiver.requests) >= 5)
    until(lambda: [(waiting, dead) for _, waiting, dead in shop.listed()] == [(0, 0)])
    assert {path for path, _, _ in receiver.requests} == {"/hooks/path-is-secret?key=as-well"}
    assert len({body["id"] for body in receiver.bodies()}) == 3
    check = is_genuine()
    for _, headers, body in receiver.requests:
        assert check(SECRET, headers["Argosy-Signature"], body)
        assert not check("another", headers["Argosy-Signature"], body)
        assert not check(SECRET, headers["Argosy-Signature"], body + b" ")
        assert not check(SECRET, headers["Argosy-Signature"], body, tolerance=-1.0)
    log = shop.log.read_text()
    assert "localhost: it answered 500" in log
    assert "localhost: it answered 302, and redirects are not followed" in log
    for secret in (SECRET, "path-is-secret", "as-well"):
        assert secret not in log


def test_only_the_events_that_are_wanted_are_sent(make_shop, receiver):
    shop = make_shop(receiver.url, ["worker", "--processes", "2"], events=["definition_failed"])
    shop.happen("a")
    shop.happen("b", event="definition_failed")
    until(receiver.labels)
    until(lambda: shop.listed()[0][1:] == (0, 0))
    assert receiver.labels() == ["b"]


def test_what_happens_last_is_sent_too(make_shop, receiver):
    shop = make_shop(receiver.url)
    Followers(shop.project.database, shop.project.broker).add(follower_of(shop.project.settings.webhooks[0]))
    shop.happen("a")
    assert shop.start("worker", "--until-idle").wait() == 0
    assert receiver.labels() == ["a"]


def test_without_its_secret_a_webhook_waits(make_shop, receiver):
    shop = make_shop(receiver.url, ["worker"], secret_env="ANOTHER_SECRET")
    shop.happen("a")
    until(lambda: shop.listed()[0][1] == 1)
    until(lambda: "the webhook of localhost waits: ANOTHER_SECRET is not set" in shop.log.read_text())
    assert receiver.requests == []


def test_a_webhook_that_never_accepts_is_given_up(database, receiver, caplog):
    broker, settings = SqlBroker(database), WebhookSettings(url=receiver.url, secret_env="NONE")
    name = follower_of(settings)
    Followers(database, broker).add(name)
    with database.write() as transaction:
        notify(transaction, "definition_finished", label="a")
    relay(database, broker)
    receiver.answers[:] = [404] * ATTEMPTS
    consumer, delays = Webhook(settings, SECRET.encode()).consumer(broker, name), []
    while consumer.step():
        delays += column(database, "messages", "hidden_seconds", name=name)
        end_delays(database, below=3601)
    assert delays == [1, 4, 16, 64, 256, 1024, *[3600] * (ATTEMPTS - 7)]
    assert broker.backlog(TOPIC, name) == Backlog(0, 1)
    why = broker.dead_letters(TOPIC, name).receive().message.headers["dead_because"]
    assert why == "WebhookFailed: localhost: it answered 404"
    for secret in (SECRET, "path-is-secret", "as-well"):
        assert secret not in caplog.text


@contextmanager
def listening(behave):
    """A port whose connections are handled by `behave`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def accept():
            connection, _ = server.accept()
            with connection:
                behave(connection, over)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        over.set()
        thread.join()


def silent(connection, over):
    over.wait()


def endless(connection, over):
    """A head that never ends, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not over.wait(0.01):
        try:
            connection.sendall(b"x")
        except OSError:
            return


def babbling(connection, over):
    connection.recv(1000)
    connection.sendall(b"220 mail.example.org ESMTP\r\n")


def failure(url, **how):
    with pytest.raises(WebhookFailed) as failed:
        post(WebhookSettings(url=url, secret_env="NONE").address(), b"{}", {}, **how)
    return str(failed.value)


def test_a_process_that_is_to_end_waits_for_no_answer_longer_than_it_has(database, caplog):
    broker = SqlBroker(database)
    with listening(silent) as url:
        settings = WebhookSettings(url=url, secret_env="NONE")
        name = follower_of(settings)
        Followers(database, broker).add(name)
        with database.write() as transaction:
            notify(transaction, "definition_finished", label="a")
        relay(database, broker)
        webhook = Webhook(settings, SECRET.encode())
        send_the_last(webhook, webhook.consumer(broker, name), 0.4)
    assert re.search(r"it did not answer within 0\.\d+ s", caplog.text)
    assert broker.backlog(TOPIC, name) == Backlog(1, 0)


@pytest.mark.parametrize("behave", [silent, endless])
def test_a_receiver_that_does_not_answer_is_left(behave):
    with listening(behave) as url:
        assert failure(url, seconds=0.3) == "127.0.0.1: it did not answer within 0.3 s"


def test_an_invalid_receiver_is_reported():
    with listening(babbling) as url:
        assert failure(url) == "127.0.0.1: it does not speak HTTP: BadStatusLine"
    assert failure(f"http://127.0.0.1:{free_ports(1)[0]}/") == "127.0.0.1: connection refused"
    with receiving() as plain:
        assert "does not speak TLS" in failure(plain.url.replace("http:", "https:"))


def test_an_address_that_does_not_answer_leaves_time_for_the_next(receiver, monkeypatch):
    port = int(receiver.url.split(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as opened:
        for _ in range(3):  # waits in the server's backlog; the next one is not answered
            one = opened.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        places = [(*kind, full.getsockname()), (*kind, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
        post(WebhookSettings(url=receiver.url, secret_env="NONE").address(), b"{}", {}, seconds=2.0)
        places.pop()
        assert failure(receiver.url, seconds=0.2) == "localhost: it did not answer within 0.2 s"
    assert receiver.bodies() == [{}]


@pytest.mark.parametrize(("url", "port"), [("http://[::1]/hooks", 80), ("https://[::1]/hooks", 443)])
def test_a_url_without_a_port_means_the_usual_one(monkeypatch, url, port):
    asked = []

    def getaddrinfo(*place, **_):
        asked.append(place)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert failure(url) == "::1: name or service not known"
    assert asked == [("::1", port)]


def test_a_name_that_no_host_can_have_is_reported():
    assert "no host can have this name" in failure(f"http://{'a' * 70}.example/")


def test_a_certificate_has_to_be_valid(tmp_path, monkeypatch):
    certificate = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving(context) as receiver:
        assert "localhost: its certificate is not valid: self-signed" in failure(receiver.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        post(WebhookSettings(url=receiver.url, secret_env="NONE").address(), b"{}", {})
        assert "certificate is not valid" in failure(receiver.url.replace("localhost", "127.0.0.1"))
    assert receiver.bodies() == [{}]


@pytest.mark.parametrize(
    "url",
    [
        "hooks.example.com/x",
        "ftp://hooks.example.com/",
        "https://",
        "https:///path",
        "https://user:s3cret@hooks.example.com/",
        "https://hooks.example.com:port/s3cret",
        "https://hooks.example.com/s3cret path",
        "https://hooks.example.com/s3cret\r\nHost:-x",
        "https://hooks.example.com/s3crét",
    ],
)
def test_an_invalid_url_of_a_webhook_is_refused(url):
    with pytest.raises(DefinitionInvalid, match=r"^webhooks.url: .*write https://HOST/PATH") as refused:
        parse_settings({"webhooks": [{"url": url, "secret_env": "S"}]}, {})
    assert "s3cr" not in str(refused.value)


@pytest.mark.parametrize(
    ("webhooks", "why"),
    [
        ([{"url": "https://a.example"}], r"^webhooks\[0\].secret_env: is missing"),
        ([{"url": "https://a.example", "secret": "x"}], r"^webhooks\[0\].secret: no such setting"),
        (
            [{"url": "https://a.example", "secret_env": "S", "events": ["x"]}],
            r"^webhooks.events: there is no event 'x'",
        ),
        ([{"url": "https://a.example", "secret_env": "S"}] * 2, "^webhooks: two have the same url"),
        (["https://a.example"], r"^webhooks\[0\]: expected a mapping"),
        ("https://a.example", "^webhooks: expected a list"),
    ],
)
def test_settings_that_make_no_webhook_are_refused(webhooks, why):
    with pytest.raises(DefinitionInvalid, match=why):
        parse_settings({"webhooks": webhooks}, {})


def webhook_finding(shop):
    found = {
        one["check"]: one
        for one in json.loads(CliRunner().invoke(cli, ["-C", str(shop.root), "doctor", "--json"]).output)
    }["webhooks"]
    assert "path-is-secret" not in str(found)
    return found


def test_doctor_reports_what_prevents_notifications_to_a_webhook(make_shop, monkeypatch):
    shop = make_shop("http://localhost:1/hooks/path-is-secret")
    assert webhook_finding(shop)["found"] == "localhost (0 waiting)"
    name = follower_of(shop.project.settings.webhooks[0])
    Followers(shop.project.database, shop.project.broker).add(name)
    shop.happen("a", "b")
    relay(shop.project.database, shop.project.broker)
    assert webhook_finding(shop)["found"] == "localhost (2 waiting)"
    with closing(shop.project.broker.receiver(TOPIC, name)) as receiver:
        receiver.receive(0.0).bury("it answered 500")
    assert "localhost did not take 1 notification" in webhook_finding(shop)["to_do"]
    monkeypatch.delenv("SHOP_SECRET")
    assert "set SHOP_SECRET" in webhook_finding(shop)["to_do"]
