"""Fixtures of all tests, and the same environment, order and random seed for all."""

import hashlib
import logging
import os
import random
import signal
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import hypothesis
import numpy as np
import pytest

SETTINGS = "ARGOSY_"
TERMINAL = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")

for name in list(os.environ):  # tests and their child processes have only their own project, and no terminal
    if name in TERMINAL or (name.startswith(SETTINGS) and name != "ARGOSY_DATA"):
        del os.environ[name]
os.environ["ARGOSY_NICE"] = "0"  # workers with a high nice level would be slow on a busy machine
signal.signal(signal.SIGINT, signal.default_int_handler)  # `nohup … &` ignores it, and every child would

really_random = os.urandom
drawn = random.Random()
os.urandom = drawn.randbytes  # the source of ids, and so of every split; set before the package is imported
os.register_at_fork(after_in_child=lambda: setattr(os, "urandom", really_random))  # two children must not draw the same

hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")

sys.path.insert(0, str(Path(__file__).parent))

from servers.kafka import kafka_server, kafka_url  # noqa: E402, F401
from servers.postgresql import (  # noqa: E402, F401  # fixtures
    migrated_postgresql_databases,
    migrated_postgresql_url,
    postgresql_server,
    postgresql_url,
    relayed_postgresql,
)
from servers.rabbitmq import rabbitmq_server, rabbitmq_url, relayed  # noqa: E402, F401
from servers.redis import redis_server, redis_url  # noqa: E402, F401
from servers.s3 import bucket, s3_server  # noqa: E402, F401
from servers.silent import silent_server  # noqa: E402, F401


def pytest_addoption(parser):
    parser.addoption("--order", type=int, help="run in the order of the run that printed this number")
    parser.addoption("--seed", type=int, default=0, help="what each test draws (0): another number, other draws")


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.option.order = config.workerinput["order"]
    elif config.option.order is None:
        config.option.order = int.from_bytes(really_random(3))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Pass the drawn number to xdist's workers: all must use the same order."""
    node.workerinput["order"] = node.config.option.order


def pytest_report_header(config):
    return f"order and randomness: {_again(config)}"


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        terminalreporter.write_line(f"To draw and order the same again: {_again(config)}")


def _again(config):
    return f"--order {config.option.order} --seed {config.option.seed}"


LONG = (
    "tests/acceptance/",
    "tests/integration/operations/test_pairs_of_commands.py",
    "tests/integration/proof/",
    "tests/integration/serving/test_soak.py",
)
"""Modules that may take a minute: none is among the last, where one worker would wait for the other to end it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Modules in a random order and each module's tests in a random order, the same in every process.

    Modules stay whole, so that what a module's tests share is made once.
    """

    def place(name):
        """From 0 to 1, or to 3/4 of what is long."""
        digest = hashlib.sha256(f"{config.option.order} {name}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64 * (0.75 if name.startswith(LONG) else 1)

    items.sort(key=lambda item: (place(item.location[0]), item.location[0], place(item.nodeid)))


@contextmanager
def randomness(seed):
    """Seed the global random generators, and restore their state afterwards."""
    before = random.getstate(), np.random.get_state(), drawn.getstate()
    random.seed(seed)
    np.random.seed(random.getrandbits(32))
    drawn.seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        drawn.setstate(before[2])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    with randomness(f"{item.config.option.seed} {item.nodeid}"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    """Shared fixtures draw the same numbers, whichever test needs them first."""
    if fixturedef.scope == "function":
        return (yield)
    with randomness(f"{request.config.option.seed} {request.node.nodeid} {fixturedef.argname}"):
        return (yield)


@pytest.fixture
def tiny_encoder(monkeypatch):
    """A BERT of two layers, 24 wide and random, in place of the pretrained one: fine-tuned in milliseconds."""
    from argosy.models.estimators import transformer
    from argosy.models.fine_tuning.pretrained import Pretrained

    random = np.random.default_rng(5)

    def weights(*shape):
        return random.normal(0, 0.3, shape).astype(np.float32)

    def linear(name, inputs, outputs):
        return {f"{name}.weight": weights(outputs, inputs), f"{name}.bias": weights(outputs)}

    def norm(name):
        return {f"{name}.weight": 1 + weights(24) / 10, f"{name}.bias": weights(24)}

    layers = norm("embeddings.LayerNorm")
    for number in range(2):
        name = f"encoder.layer.{number}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            layers |= linear(f"{name}.attention.{part}", 24, 24)
        layers |= linear(f"{name}.intermediate.dense", 24, 48) | linear(f"{name}.output.dense", 48, 24)
        layers |= norm(f"{name}.attention.output.LayerNorm") | norm(f"{name}.output.LayerNorm")
    named = {"package": "tiny", "version": "1", "sha256": "0" * 64}
    tiny = Pretrained(named, weights(30522, 24), weights(512, 24), layers)
    monkeypatch.setattr(transformer, "pretrained", lambda: tiny)
    return tiny


ON_EVERY_ENGINE = (
    "contract/test_brokers",
    "unit/datasets/",
    "unit/feedback/",
    "unit/jobs/",
    "unit/messaging/",
    "unit/predictions/",
    "unit/store/",
    "unit/tuning/",
    "unit/vault/",
    "integration/datasets/",
    "integration/feedback/",
    "integration/jobs/",
    "integration/triggers/test_content_once",
    "integration/triggers/test_rows_and_moments",
    "integration/steps/",
)
"""Whose tests that ask for a database are run on each, but those that are marked `sqlite`."""


def pytest_generate_tests(metafunc):
    place = Path(metafunc.module.__file__).relative_to(Path(__file__).parent).as_posix()
    is_marked = any(mark.name == "sqlite" for mark in metafunc.definition.iter_markers())
    if "open_database" in metafunc.fixturenames and place.startswith(ON_EVERY_ENGINE) and not is_marked:
        metafunc.parametrize("open_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def open_database(request, tmp_path):
    """Opens the same initially empty database of the newest schema each time it is called."""
    from argosy.app.backends import database as opened

    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    url = "sqlite:///argosy.db" if is_sqlite else request.getfixturevalue("migrated_postgresql_url")
    with ExitStack() as handles:
        yield lambda: handles.enter_context(closing(opened(url, tmp_path)))


@pytest.fixture
def database(open_database):
    """An empty database of the newest schema."""
    return open_database()


@pytest.fixture(autouse=True)
def own_log():
    """What a test changes of the log, as a server's settings do, is as before for the next."""
    log = logging.getLogger("argosy")
    level, handlers, propagate = log.level, log.handlers[:], log.propagate
    yield
    log.setLevel(level)
    log.handlers[:], log.propagate = handlers, propagate


@pytest.fixture
def own_plugins(monkeypatch, tmp_path_factory):
    """Plug-ins that the test registers, or imports from its own folder, are hidden from other tests."""
    from argosy.models.adapters import adapters
    from argosy.models.estimators import estimators

    for registry in (adapters, estimators):
        for names in ("_plugins", "_aliases"):
            monkeypatch.setattr(registry, names, dict(getattr(registry, names)))
    yield
    folder = str(tmp_path_factory.getbasetemp())
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]
