"""When a process is started again, and what is said of its end."""

import signal

import pytest

from argosy.errors import ModelNotReady, RequestTooSlow
from argosy.siblings.keeper import failure_of
from argosy.siblings.restarts import LONGEST, STEADY_SECONDS, exit_code, restart_delay, words_of_end


def test_one_that_was_steady_is_started_again_at_once():
    assert restart_delay(5, STEADY_SECONDS) == (0, 0.0)


def test_one_that_ends_soon_waits_longer_each_time():
    failures, delays = 0, []
    for _ in range(6):
        failures, delay = restart_delay(failures, 1.0)
        delays.append(delay)
    assert delays == [1.0, 4.0, 16.0, LONGEST, LONGEST, LONGEST]


@pytest.mark.parametrize(
    ("code", "words", "ours"),
    [
        (0, "ended with exit code 0", 0),
        (2, "ended with exit code 2", 2),
        (-signal.SIGKILL, "was ended by SIGKILL", 1),
        (-signal.SIGTERM, "was ended by SIGTERM", 0),
        (-200, "was ended by signal 200", 1),
    ],
)
def test_an_end_in_words_and_as_a_code(code, words, ours):
    assert (words_of_end(code), exit_code(code)) == (words, ours)


def test_a_failure_of_all_is_that_of_one_and_a_failure_of_some_names_them():
    same = {1: ModelNotReady("damaged"), 2: ModelNotReady("damaged")}
    assert str(failure_of(same, 2)) == "damaged"
    some = failure_of({2: RequestTooSlow("not done yet")}, 3)
    assert type(some) is RequestTooSlow
    assert str(some) == "server process 2 of 3: not done yet; the other processes have done it"
