import threading

from serving_doubles import aspire

from argosy.errors import DatabaseUnavailable
from argosy.serving.source import Source
from argosy.testing.waiting import PATIENCE


def test_only_changes_are_passed_on():
    offers, heard = [[aspire([1])], [aspire([1])], [aspire([2])]], []
    source = Source(lambda: offers.pop(0), heard.append)
    assert [source.poll() for _ in range(3)] == [True, False, True]
    assert heard == [[aspire([1])], [aspire([2])]]


def test_a_catalogue_that_is_away_changes_nothing():
    heard, away = [], [True]

    def catalogue():
        if away[0]:
            raise DatabaseUnavailable("locked")
        return [aspire([1])]

    source = Source(catalogue, heard.append)
    assert not source.poll()
    assert heard == []
    away[0] = False
    assert source.poll()


def test_it_polls_until_it_is_stopped():
    enough, polls = threading.Event(), []

    def catalogue():
        polls.append(1)
        if len(polls) == 5:
            enough.set()
        return []

    source = Source(catalogue, lambda wanted: None, poll_seconds=0.001)
    source.start()
    assert enough.wait(PATIENCE)
    source.stop()
    count = len(polls)
    assert count >= 5
    assert not any(thread.name == "argosy-source" for thread in threading.enumerate())
