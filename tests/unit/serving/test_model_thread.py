"""A model's thread answers in order, and no caller has to wait for its end."""

import subprocess
import sys
import threading
import weakref

import pytest

from argosy.serving.model_thread import ModelThread


def test_calls_are_answered_one_after_another():
    lane, order = ModelThread("lane"), []
    answers = [lane.submit(lambda n=n: order.append((n, threading.current_thread().name))) for n in range(5)]
    assert [answer.result(30) for answer in answers] == [None] * 5
    assert order == [(n, "lane") for n in range(5)]
    lane.shutdown()


def test_what_a_call_raises_is_raised_where_the_answer_is_awaited():
    lane = ModelThread("lane")
    with pytest.raises(ZeroDivisionError):
        lane.submit(lambda: 1 / 0).result(30)
    assert lane.submit(int, "7").result(30) == 7
    lane.shutdown()


def test_a_call_that_was_cancelled_is_not_made():
    lane, may_go_on, made = ModelThread("lane"), threading.Event(), []
    first = lane.submit(may_go_on.wait, 30)
    second = lane.submit(made.append, 1)
    assert second.cancel()
    may_go_on.set()
    assert first.result(30)
    lane.submit(int).result(30)
    assert made == []
    lane.shutdown()


def test_a_request_is_not_held_until_the_next_one():
    class Request:
        """An object that a weak reference can refer to."""

    lane, request = ModelThread("lane"), Request()
    lane.submit(lambda held: None, request).result(30)
    reported = threading.Event()
    weakref.finalize(request, reported.set)
    del request
    assert reported.wait(30)
    lane.shutdown()


def test_the_process_ends_during_a_call():
    program = """
import threading
from argosy.serving.model_thread import ModelThread
lane, begun = ModelThread("lane"), threading.Event()
def forever():
    begun.set()
    while True:
        pass
lane.submit(forever)
begun.wait()
lane.shutdown()
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0
