"""Failures of a connection to RabbitMQ: nothing is lost, and one line reports the cause."""

import os
import threading
from contextlib import closing

import pytest

from argosy.app.backends import database as opened
from argosy.errors import BrokerRefused, BrokerUnavailable, DefinitionInvalid
from argosy.jobs.queue import TOPIC, WORKERS, Queue
from argosy.jobs.runner import WorkerTimings, run_worker
from argosy.messaging.amqp.address import parse_address
from argosy.messaging.broker import TEMPORARY, DeliveryPolicy
from argosy.messaging.brokers.rabbitmq import RabbitmqBroker
from argosy.messaging.message import Message
from argosy.messaging.outbox import emit
from argosy.messaging.relay import relay
from argosy.testing.waiting import PATIENCE, until
from servers.finding import newest_folder
from servers.rabbitmq import free_ports, own_server
from stored.messages import end_claims, in_outbox

HINT = rf"INTERNAL_ERROR: .* rabbitmqctl delete_queue argosy\.{TOPIC}\.{WORKERS}$"


def sent(*texts):
    return [Message(text.encode()) for text in texts]


def patiently(ask):
    """The value, once the broker is available again."""

    def attempt():
        try:
            return [ask()]
        except BrokerUnavailable:
            return None

    return until(attempt)[0]


@pytest.fixture
def broker(rabbitmq_url, relayed):
    url, relay = relayed(rabbitmq_url)
    broker = RabbitmqBroker(url)
    broker.relay = relay
    yield broker
    broker.close()


@pytest.mark.parametrize(
    "url",
    [
        "amqp://",
        "amqp:///%2F",
        "amqp://host:port/%2F",
        "amqp://user:s3cret@host:99999/%2F",
        "http://user:s3cret@host",
        "amqp://user:s3cret@host/?prefix=No+Prefix",
        "amqp://user:s3cret@host/?heartbeat=often",
        "amqp://user:s3cret@host/?colour=red",
    ],
)
def test_an_invalid_address_is_refused(url):
    with pytest.raises(DefinitionInvalid) as refused:
        parse_address(url)
    assert "s3cret" not in str(refused.value)


def test_an_address_is_shown_without_its_password():
    address = parse_address("amqps://user:s3cret@host/shop?prefix=notes")
    assert (address.shown, address.prefix) == ("amqps://user@host:5671/shop", "notes")
    assert address.parameters.ssl_options is not None


def test_a_wrong_password_is_reported_without_it(rabbitmq_server):
    url = rabbitmq_server.replace("guest:guest", "guest:s3cret")
    with pytest.raises(BrokerUnavailable, match=r"@127.*/: ACCESS_REFUSED - Login was refused") as refused:
        RabbitmqBroker(url).subscribe("news", "reader")
    assert "s3cret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_virtual_host_that_is_not_there_is_named(rabbitmq_server):
    with pytest.raises(BrokerUnavailable, match="nowhere"):
        RabbitmqBroker(rabbitmq_server.replace("%2F", "nowhere")).subscribe("news", "reader")


def test_a_missing_server_is_reported_and_not_retried_at_once():
    (port,) = free_ports(1)
    broker = RabbitmqBroker(f"amqp://guest:guest@127.0.0.1:{port}/%2F")
    for _ in range(3):
        with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{port}.*refused"):
            broker.subscribe("news", "reader")


def test_a_cut_connection_loses_nothing(broker):
    receiver = broker.receiver("news", "reader", 10)
    broker.publish("news", *sent("1", "2"))
    held = receiver.receive(PATIENCE)
    broker.relay.cut()
    with pytest.raises(BrokerUnavailable):
        until(lambda: receiver.receive(1.0) and None)
    held.ack()  # of a delivery that no longer exists
    patiently(lambda: broker.publish("news", *sent("3")))
    heir = patiently(lambda: broker.receiver("news", "reader", 10))
    received = [heir.receive(PATIENCE) for _ in range(3)]
    assert sorted(delivery.message.body for delivery in received) == [b"1", b"2", b"3"]
    receiver.close()


def test_publishing_over_a_cut_connection_is_an_error_or_done(broker):
    broker.subscribe("news", "reader")
    published = set()
    for number in range(40):
        if number % 10 == 5:
            broker.relay.cut()
        patiently(lambda n=number: broker.publish("news", *sent(str(n))))
        published.add(str(number).encode())
    receiver = patiently(lambda: broker.receiver("news", "reader", 50))
    found = set()
    while published - found:
        delivery = receiver.receive(PATIENCE)
        assert delivery is not None, published - found
        found.add(delivery.message.body)
        delivery.ack()
    assert found == published


def test_a_queue_that_is_deleted_ends_its_receivers(broker):
    receiver = broker.receiver("news", "reader")
    broker.unsubscribe("news", "reader")
    with pytest.raises(BrokerUnavailable, match="deleted"):
        until(lambda: receiver.receive(1.0))


def test_a_temporary_name_is_kept_while_it_has_a_receiver(rabbitmq_url):
    broker = RabbitmqBroker(rabbitmq_url, DeliveryPolicy(forget_seconds=0.2))
    receiver = broker.receiver("news", f"{TEMPORARY}reader", 2)
    assert receiver.receive(1.0) is None
    broker.publish("news", *sent("1", "2"))
    receiver.receive(PATIENCE).bury("it is bad")  # its queue no longer exists
    receiver.receive(PATIENCE).nack(0.1)
    assert receiver.receive(PATIENCE).message.body == b"2"
    broker.close()


def test_a_process_that_was_forked_connects_for_itself(broker):
    broker.subscribe("news", "reader")
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if broker.publish("news", *sent("of the child")) else 1)
        except BaseException:  # noqa: BLE001  # whatever it is, the child must end
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    receiver = broker.receiver("news", "reader")
    assert receiver.receive(PATIENCE).message.body == b"of the child"


@pytest.fixture(scope="module")
def own():
    programs = newest_folder("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin")
    if programs is None:
        pytest.skip("only a server of the test's own may be stopped")
    with own_server(programs) as server:
        server.wait()
        yield server


def test_the_permissions_of_the_documentation_are_enough(own):
    own.control("add_vhost", "shop")
    own.control("add_user", "argosy", "of-the-test")
    own.control(
        "set_permissions", "-p", "shop", "argosy", r"^argosy\..*", r"^(argosy\..*|amq\.default)$", r"^argosy\..*"
    )
    broker = RabbitmqBroker(own.url.replace("guest:guest", "argosy:of-the-test").replace("%2F", "shop"))
    receiver = broker.receiver("news", "reader")
    broker.publish("news", *sent("1"))
    receiver.receive(PATIENCE).nack(0.1)
    receiver.receive(PATIENCE).bury("it was read")
    assert broker.dead_letters("news", "reader").receive(PATIENCE).message.body == b"1"
    broker.unsubscribe("news", "reader")
    broker.close()


def test_a_server_that_is_killed_and_comes_back_has_everything(own):
    broker = RabbitmqBroker(own.url)
    broker.subscribe("killed", "reader")
    broker.publish("killed", *sent(*map(str, range(200))))
    own.kill()
    with pytest.raises(BrokerUnavailable):
        broker.publish("killed", *sent("never"))
    own.start()
    own.wait()
    receiver = patiently(lambda: broker.receiver("killed", "reader", 200))
    found = [receiver.receive(PATIENCE).message.body.decode() for _ in range(200)]
    assert found == list(map(str, range(200)))
    broker.close()


def test_a_queue_of_jobs_that_a_crash_has_left_broken_is_made_anew(own, tmp_path):
    """As RabbitMQ 3.10 leaves a queue that was declared less than a second before."""

    def is_whole():
        with closing(RabbitmqBroker(own.url)) as another:
            try:
                another.receiver(TOPIC, WORKERS)
            except BrokerUnavailable:
                return False
        return True

    with closing(RabbitmqBroker(own.url)) as broker, closing(opened("sqlite:jobs.db", tmp_path)) as database:
        database.migrate()
        broker.subscribe(TOPIC, WORKERS)
        own.control("eval", f'ra:stop_server(quorum_queues, {{list_to_atom("%2F_argosy.{TOPIC}.{WORKERS}"), node()}}).')
        assert not is_whole()
        with closing(RabbitmqBroker(own.url)) as another, pytest.raises(BrokerUnavailable, match=HINT):
            another.receiver(TOPIC, WORKERS)
        timings = WorkerTimings(poll=0.05, refused=0.2)
        run_worker(Queue(database), broker, {}, "worker", threading.Event(), timings=timings, until=is_whole)
        assert is_whole()


def test_a_full_queue_refuses_messages_and_loses_none(own, tmp_path):
    """A queue that refuses what it has no room for, by a policy; the other subscriber and topic go on."""
    problems = []

    def relayed_now():
        try:
            return relay(database, broker)
        except BrokerRefused as error:
            problems.append(str(error))

    def read_all(name, meanwhile=lambda: None):
        """Receive until every number was there."""
        found = set()

        def is_all():
            if delivery := receiver.receive(0.05):
                found.add(int(delivery.message.body))
                delivery.ack()
            meanwhile()
            return found == wanted

        with closing(broker.receiver("full", name)) as receiver:
            until(is_all)

    def try_again():
        end_claims(database)
        relayed_now()

    with closing(RabbitmqBroker(own.url)) as broker, closing(opened("sqlite:jobs.db", tmp_path)) as database:
        database.migrate()
        for name in ("slow", "quick"):
            broker.subscribe("full", name)
        own.control("set_policy", "short", r"argosy\.full\.slow$", '{"max-length":5,"overflow":"reject-publish"}')
        wanted = set()
        while relayed_now() is not None:
            with database.write() as transaction:
                emit(transaction, "full", len(wanted))
                emit(transaction, "other", 1)
            wanted.add(len(wanted))
        assert "it refused a message for argosy.full: one of its queues is full" in problems[0]
        assert relay(database, broker) == 0, "it is not tried again at once"
        assert in_outbox(database, "other") == []
        read_all("quick")
        assert len(in_outbox(database, "full")) == 1
        read_all("slow", try_again)
        assert in_outbox(database, "full") == []


def test_a_full_server_refuses_messages_with_a_reason(own):
    broker = RabbitmqBroker(own.url)
    broker.subscribe("blocked", "reader")
    own.control("set_vm_memory_high_watermark", "0.000001")

    def refusal():
        try:
            broker.publish("blocked", *sent("is it taken"))
        except BrokerUnavailable as error:
            return str(error)

    try:
        until(lambda: (said := refusal()) and "takes no messages" in said)
    finally:
        own.control("set_vm_memory_high_watermark", "0.4")
    patiently(lambda: broker.publish("blocked", *sent("at last")))
    broker.close()
