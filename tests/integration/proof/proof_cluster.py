"""A project on PostgreSQL, RabbitMQ and S3 of its own, and its machines, which reach them only past what disturbs them.

The proof itself reaches the servers directly. Each machine has a folder, keys and a cache of its own and shares nothing
with the others but the servers' addresses, on which relays and a proxy stand.
"""

import json
import shutil
from contextlib import ExitStack, closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from proof_ground import Ground
from proof_machine import Machine, until

from argosy.app import backends
from argosy.errors import DatabaseUnavailable
from servers import postgresql, rabbitmq
from servers.faulty_http import FaultyProxy
from servers.finding import newest_folder
from servers.relay import Relay

CANARY = "a heron over almelo sang eleven times"
"""In every example, and as one piece nowhere else: a vocabulary has its words."""
TENTH = 10

SOON_NOTICED = "tcp_user_timeout=5000&keepalives_idle=2&keepalives_interval=1&keepalives_count=3&idle_timeout=3"
"""Within seconds, so that the proof does not wait for the defaults: connections that a relay forgets, and a worker that
is stopped in a transaction, with locks that the others need."""


class Cluster:
    """The servers, and the relays and proxy in front of them; closed with `stack`."""

    def __init__(self, stack, s3_url):
        programs = [
            newest_folder(one) for one in ("/usr/lib/postgresql/*/bin", "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin")
        ]
        if None in programs:
            pytest.skip("only servers of the test's own may be stopped")
        self.rabbitmq = stack.enter_context(rabbitmq.own_server(programs[1]))
        port = rabbitmq.free_ports(1)[0]
        self.postgresql = stack.enter_context(postgresql.own_server(programs[0], port=port))
        s3 = urlsplit(s3_url)
        self.proxy = stack.enter_context(closing(FaultyProxy(s3.hostname, s3.port)))
        self.relays = [
            stack.enter_context(closing(Relay("127.0.0.1", one.port))) for one in (self.postgresql, self.rabbitmq)
        ]
        self.rabbitmq.wait()

    @contextmanager
    def addresses(self, bucket, prefix):
        """The settings with which the proof and its machines reach a new database and the other servers."""
        with postgresql.new_database(self.postgresql.url) as database:
            name = urlsplit(database).path
            broker = f"{self.rabbitmq.url}?prefix={prefix}"
            artifacts = f"s3://{bucket.name}/{prefix}?region=us-east-1&endpoint="
            direct = {"database": database, "broker": broker, "artifacts": artifacts + bucket.endpoint}
            relayed = {
                "database": f"postgresql://postgres@127.0.0.1:{self.relays[0].port}{name}?{SOON_NOTICED}",
                "broker": broker.replace(f":{self.rabbitmq.port}/", f":{self.relays[1].port}/") + "&heartbeat=5",
                "artifacts": artifacts + self.proxy.url,
            }
            yield direct, relayed


@pytest.fixture
def cluster(s3_server):
    pytest.importorskip("pika")
    with ExitStack() as stack:
        yield Cluster(stack, s3_server)


@pytest.fixture
def cluster_ground(cluster, bucket, tmp_path):
    """`cluster_ground()` makes another project of the cluster; `disk`: where all its machines have its artifacts."""
    with ExitStack() as stack:
        made = []

        def make(disk=None):
            name = f"p{len(made)}"
            direct, relayed = stack.enter_context(cluster.addresses(bucket, name))
            if disk is not None:
                direct["artifacts"] = relayed["artifacts"] = f"file:{disk.folder}/artifacts"
            made.append(ClusterGround(tmp_path / name / "project", direct, relayed, name, disk))
            stack.callback(made[-1].close)
            return made[-1]

        yield make


class ClusterGround(Ground):
    """The project of the proof, whose folder belongs to no machine."""

    def __init__(self, folder, direct, relayed, prefix, disk=None):
        settings = "".join(f"{name}: {url}\n" for name, url in direct.items())
        super().__init__(folder, 0, settings=settings, suffix=f" {CANARY}")
        self.plans, self.prefix, self.relayed, self.disk = {}, prefix, relayed, disk
        self.tap = Tap(direct["broker"].partition("?")[0], prefix)
        self.machines, self.bodies = [], []

    def machine(self, name):
        """Another machine of the project."""
        folder = self.folder.parent / name
        folder.mkdir()
        (folder / "argosy.yaml").write_text(
            "name: proof\n" + "".join(f"{setting}: {url}\n" for setting, url in self.relayed.items())
        )
        shutil.copytree(self.folder / ".argosy" / "keys", folder / ".argosy" / "keys")
        self.machines.append(Machine(folder))
        return self.machines[-1]

    def artifacts_of(self, name):
        """The artifact store of a machine with an empty cache."""
        folder = self.folder.parent / name
        folder.mkdir(exist_ok=True)
        return backends.artifacts(self.relayed["artifacts"], folder)

    def look(self, question):
        """Query the database; None if it is unavailable."""
        try:
            return question()
        except DatabaseUnavailable:
            return None

    def end(self):
        for machine in self.machines:
            machine.end()

    def close(self):
        for machine in self.machines:
            machine.close()
        super().close()

    def is_over(self):
        return not {"queued", "running"} & set(self.column("jobs", "state"))

    def is_all_sent(self):
        """Whether the workers have sent every message: nothing else relays."""
        return self.count("outbox") == 0

    def _notifications(self):
        """All received notifications, once there is one of every definition."""
        missing = set(self.column("plan_jobs", "label")) - {self.project.models.resolve("live@1").label}
        with closing(self.project.broker.receiver("notifications", "proof", 100)) as receiver:

            def are_all_here():
                while (delivery := receiver.receive(0.1)) is not None:
                    self.bodies.append(delivery.message.body)
                    delivery.ack()
                    event = json.loads(self.bodies[-1])
                    if event["event"] == "definition_finished":
                        missing.discard(event["label"])
                return not missing

            until(are_all_here, what="a notification of every definition")
        return self.bodies

    def _verify_files(self):
        return {}


class Tap:
    """A program of its own that is sent every message of the project too, and sends every tenth once more."""

    def __init__(self, url, prefix):
        self.url, self.queue, self.seen, self.sent, self.bodies = url, f"{prefix}.tap", 0, 0, []
        self.readers = {
            f"{prefix}.jobs": f"{prefix}.jobs.workers",
            f"{prefix}.notifications": f"{prefix}.notifications.proof",
        }
        with self.channel() as channel:
            channel.queue_declare(self.queue, durable=True)
            for exchange in self.readers:
                channel.exchange_declare(exchange, "fanout", durable=True)
                channel.queue_bind(self.queue, exchange)

    @contextmanager
    def channel(self):
        import pika

        with closing(pika.BlockingConnection(pika.URLParameters(self.url))) as connection:
            yield connection.channel()

    def duplicate(self):
        """Send every tenth of the messages since the last call again; their number."""
        before = self.sent
        with self.channel() as channel:
            while (found := channel.basic_get(self.queue, auto_ack=True))[0] is not None:
                method, properties, body = found
                self.bodies.append(body)
                self.seen += 1
                if self.seen % TENTH == 0:
                    channel.basic_publish("", self.readers[method.exchange], body, properties)
                    self.sent += 1
        return self.sent - before

    def delete(self):
        """Delete the queue that workers wait on."""
        self._do("queue_delete")

    def purge(self):
        """Empty it; how many messages that took."""
        return self._do("queue_purge").method.message_count

    def _do(self, method):
        """Retry if the broker fails: it may answer INTERNAL_ERROR for a queue just after its start."""
        from pika.exceptions import AMQPError

        def done():
            with suppress(AMQPError), self.channel() as channel:
                return getattr(channel, method)(next(iter(self.readers.values())))

        return until(done, what=method)
