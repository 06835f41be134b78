"""The value that use cases take: each backend is opened once, on first use."""

import pytest

from argosy.app import backends as openers
from argosy.app.scaffold import create_project
from argosy.backends import Backends
from argosy.definitions import load_settings
from argosy.errors import KeyUnavailable
from argosy.vault.master_keys import EXAMPLES


class Recording:
    """The openers of a project, and which of them were called."""

    def __init__(self):
        self.called = []

    def __getattr__(self, name):
        self.called.append(name)
        return getattr(openers, name)


@pytest.fixture
def backends(tmp_path):
    create_project(tmp_path / "shop")
    made = Backends(tmp_path / "shop", load_settings(tmp_path / "shop", {}), Recording())
    yield made
    made.close()


def test_nothing_is_opened_before_it_is_used(backends):
    assert backends.spool == backends.root / ".argosy" / "spool"
    assert backends.openers.called == []
    backends.close()
    assert backends.openers.called == []


def test_each_backend_is_opened_once(backends):
    for _ in range(2):
        assert backends.store.models() == backends.plans.names() == []
        assert backends.queue.jobs() == []
    assert sorted(backends.openers.called) == ["artifacts", "database"]


def test_a_closed_backend_is_opened_again(backends):
    assert backends.store.models() == []
    backends.close()
    assert backends.store.models() == []


def test_a_key_that_is_not_here_is_refused(backends):
    backends.require_keys(EXAMPLES)
    (backends.root / ".argosy" / "keys" / "examples.key").unlink()
    with pytest.raises(KeyUnavailable, match="examples"):
        backends.require_keys(EXAMPLES)
