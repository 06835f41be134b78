"""An action that a thread repeats while a block runs."""

import threading

import pytest

from argosy.periodic_thread import repeated
from argosy.testing.waiting import PATIENCE


def test_it_is_called_at_once_and_again_until_the_block_ends():
    called = threading.Semaphore(0)
    with repeated(called.release, 0.001, "sign"):
        assert all(called.acquire(timeout=PATIENCE) for _ in range(3))
        assert "sign" in [thread.name for thread in threading.enumerate()]
    assert "sign" not in [thread.name for thread in threading.enumerate()]


def test_a_block_that_raises_ends_it_without_waiting_for_the_interval():
    with pytest.raises(ZeroDivisionError), repeated(lambda: None, 3600.0, "sign"):
        raise ZeroDivisionError
    assert "sign" not in [thread.name for thread in threading.enumerate()]
