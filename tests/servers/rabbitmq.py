"""A RabbitMQ for tests: `RABBITMQ_URL`, else one on the usual port, else our own, in a folder and on its own ports."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from argosy.errors import BrokerUnavailable
from argosy.testing.waiting import PATIENCE
from servers.finding import absent, folder_of, newest_folder, unprivileged
from servers.relay import Relay

USUAL = "amqp://guest:guest@127.0.0.1:5672/%2F"


@pytest.fixture(scope="session")
def rabbitmq_server():
    """The URL of a server."""
    pytest.importorskip("pika")
    given = os.environ.get("RABBITMQ_URL")
    if given or answers(USUAL):
        yield given or USUAL
        return
    programs = newest_folder("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin")
    if programs is None:
        absent("there is no RabbitMQ: set RABBITMQ_URL, or apt-get install rabbitmq-server")
    with own_server(programs) as server:
        server.wait()
        yield server.url


def answers(url):
    from argosy.messaging.amqp.address import parse_address
    from argosy.messaging.amqp.connection import AmqpConnection

    try:
        AmqpConnection(parse_address(url)).close()
    except BrokerUnavailable:
        return False
    return True


class OwnServer:
    """A node that the test may stop and start; with a certificate it also listens on `tls_port`."""

    def __init__(self, programs, folder, user, certificate=None):
        self.programs, self.folder, self.user = programs, folder, user
        self.port, self.tls_port, distribution, names = free_ports(4)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"
        (folder / "plugins").write_text("[].\n")
        (folder / "server.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "distribution.listener.interface = 127.0.0.1\n"
            "log.console = true\nlog.file = false\n" + (self._tls(certificate) if certificate else "")
        )
        for file in folder.iterdir():
            file.chmod(0o644)  # also under a umask of 077
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"argosy{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "server.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        # the node would leave one running
        self.names = subprocess.Popen(["epmd"], user=user, cwd=folder, env=self.environment)
        self.process = None

    def _tls(self, certificate):
        """Settings, with a copy of the certificate and its key that the server may read."""
        own = self.folder / "certificate.pem"
        own.write_bytes(certificate.read_bytes())
        files = "".join(f"ssl_options.{name} = {own}\n" for name in ("cacertfile", "certfile", "keyfile"))
        return f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\nssl_options.verify = verify_none\n{files}"

    def start(self):
        with (self.folder / "output").open("a") as output:
            run = {"user": self.user, "cwd": self.folder, "env": self.environment, "start_new_session": True}
            self.process = subprocess.Popen(
                [self.programs / "rabbitmq-server"], stdout=output, stderr=subprocess.STDOUT, **run
            )

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while not answers(self.url):
            assert self.process.poll() is None, (self.folder / "output").read_text()[-2000:]
            assert time.monotonic() < deadline, "RabbitMQ does not answer"
            time.sleep(0.1)

    def stop(self):
        """A normal stop: its data is on its disk."""
        self.control("stop")
        self.kill()  # what its scripts left behind

    def kill(self):
        """As a crash of its machine would: all of its processes at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def control(self, *words):
        """Run `rabbitmqctl`; its output."""
        command = [self.programs / "rabbitmqctl", "--quiet", *words]
        run = {"user": self.user, "cwd": self.folder, "env": self.environment}
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE, **run).stdout


@contextmanager
def own_server(programs, certificate=None):
    user = unprivileged("rabbitmq", "nobody")
    with folder_of(user) as folder:
        server = OwnServer(programs, folder, user, certificate)
        server.start()
        try:
            yield server
        finally:
            server.kill()  # its files go with the folder
            server.names.kill()
            server.names.wait(PATIENCE)


def free_ports(count):
    """Unused ports of 127.0.0.1."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


@pytest.fixture
def rabbitmq_url(rabbitmq_server):
    """A URL with exchanges and queues of this test only."""
    return f"{rabbitmq_server}?prefix=t{time.time_ns():x}"


@pytest.fixture
def relayed(request):
    """A function that puts a separate relay in front of a server's URL: the new URL, and the relay."""

    def relay(url):
        parts = urlsplit(url)
        made = Relay(parts.hostname, parts.port)
        request.addfinalizer(made.close)
        credentials = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{credentials}@127.0.0.1:{made.port}").geturl(), made

    return relay
