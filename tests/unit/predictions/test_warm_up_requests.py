"""Warm-up requests rest sealed, come back in order, and go with the person that they are about."""

import pytest

from argosy.errors import SealBroken
from argosy.predictions.drain import drain_once
from argosy.predictions.warm_up_requests import WarmUpCounts, WarmUpRequests, erase_warm_up_requests
from stored.rows import alter, column, count

GIVEN = [("a late goal", "ann"), ({"text": "the cup", "minute": 90}, None), ("shares fell", "ben")]


@pytest.fixture
def requests(database, scope):
    return WarmUpRequests(database, scope)


def erase(database, scope, subject):
    with database.write() as transaction:
        return erase_warm_up_requests(transaction, scope, subject)


def test_given_ones_come_back_in_order_and_only_to_their_model(requests, database):
    requests.give("topics", GIVEN)
    requests.give("tone", [("other", None)])
    assert requests.of("topics") == [given for given, _ in GIVEN]
    assert (requests.of("tone"), requests.of("nothing")) == (["other"], [])
    assert requests.counts("topics") == WarmUpCounts(3, 0)
    assert not any(b"goal" in bytes(sealed) for sealed in column(database, "warm_up_requests", "sealed"))
    requests.give("topics", GIVEN[:1])
    assert requests.of("topics") == ["a late goal"]
    requests.clear("topics")
    assert (requests.of("topics"), requests.of("tone")) == ([], ["other"])


def test_a_given_one_is_erased_with_its_subject(requests, database, scope):
    requests.give("topics", GIVEN)
    assert [erase(database, scope, name) for name in ("ann", "ann", "carl")] == [1, 0, 0]
    assert requests.of("topics") == [given for given, _ in GIVEN[1:]]


def test_the_newest_are_recorded_and_go_with_their_predictions(requests, predict, writer, spool, database, log):
    asked = [predict(f"text {n}", subject="ann" if n == 3 else None) for n in range(5)]
    writer.log([*asked, predict("another model's", model="tone")])
    drain_once(spool, database)
    assert requests.record("topics", 3) == 3
    assert requests.of("topics") == ["text 2", "text 3", "text 4"]
    assert requests.counts("topics") == WarmUpCounts(3, 3)
    log.erase("ann")
    assert requests.of("topics") == ["text 2", "text 4"]
    assert count(database, "warm_up_requests") == 2
    assert requests.record("nothing", 3) == 0
    assert requests.record("topics", 9) == 4


def test_one_that_was_moved_to_another_s_place_does_not_open(requests, database):
    requests.give("topics", GIVEN[:2])
    sealed, _ = column(database, "warm_up_requests", "sealed")
    alter(database, "warm_up_requests", {"model": "topics"}, sealed=sealed)
    with pytest.raises(SealBroken):
        requests.of("topics")
