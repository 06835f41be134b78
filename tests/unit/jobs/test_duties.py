"""Duties: due and free ones are taken by one worker at a time; a worker that lost its turn writes nothing."""

import threading

import pytest

from argosy.errors import LeaseLost
from argosy.jobs.duties import Duty, kept_duties, leave_duty, take_duty
from argosy.testing.waiting import until
from stored.jobs import pass_duties


def duty(run=lambda _: None, every=60.0, name="look", **also):
    return Duty(name, every, run, **also)


def test_a_duty_is_taken_by_one_worker_until_it_is_left_and_due_again(database):
    turn = take_duty(database, duty(), "one")
    assert turn is not None
    pass_duties(database, 20.0)
    assert take_duty(database, duty(), "two") is None
    leave_duty(database, turn)
    assert take_duty(database, duty(), "two") is None
    pass_duties(database, 60.0)
    assert take_duty(database, duty(), "two") is not None


def test_one_that_a_killed_worker_had_is_taken_over_and_the_first_writes_nothing(database):
    first = take_duty(database, duty(every=0.0), "one")
    pass_duties(database, 20.0)
    with database.write() as transaction:
        first.confirm(transaction)
    pass_duties(database, 20.0)
    assert take_duty(database, duty(every=0.0), "two") is None
    pass_duties(database, 20.0)
    second = take_duty(database, duty(every=0.0), "two")
    with pytest.raises(LeaseLost, match="'look' was taken by another worker"), database.write() as transaction:
        first.confirm(transaction)
    leave_duty(database, first)
    assert take_duty(database, duty(every=0.0), "three") is None
    with database.write() as transaction:
        second.confirm(transaction)


def test_a_clock_that_was_set_back_blocks_no_worker(database):
    leave_duty(database, take_duty(database, duty(), "one"))
    pass_duties(database, -3600.0)
    turn = take_duty(database, duty(), "two")
    pass_duties(database, -3600.0)
    assert turn is not None
    assert take_duty(database, duty(), "three") is not None


def test_an_unneeded_duty_leaves_no_trace(database):
    assert take_duty(database, duty(is_wanted=lambda _: False), "one") is None
    assert take_duty(database, duty(), "two").token == 1


def test_many_workers_at_once_do_it_one_at_a_time(database):
    inside, most, done = [], [], []

    def run(turn):
        inside.append(turn)
        most.append(len(inside))
        with database.write() as transaction:
            turn.confirm(transaction)
        inside.remove(turn)
        done.append(turn.token)

    workers = [kept_duties(database, f"worker-{number}", [duty(run, every=0.001)]) for number in range(4)]
    for worker in workers:
        worker.__enter__()
    until(lambda: len(done) >= 12)
    for worker in workers:
        worker.__exit__(None, None, None)
    assert set(most) == {1}
    assert sorted(done) == list(range(1, len(done) + 1))


def test_one_that_fails_is_logged_once_and_ends_neither_the_others_nor_itself(database, caplog):
    tried, other = [], threading.Event()

    def fail(_):
        tried.append(1)
        raise ValueError("no such thing")

    with kept_duties(database, "one", [duty(fail, 0.001, "bad"), duty(lambda _: other.set(), 0.001, "good")]):
        until(lambda: len(tried) > 2 and other.is_set())
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("bad: ValueError")


def test_a_worker_without_duties_starts_none():
    with kept_duties(None, "one", []):
        pass
