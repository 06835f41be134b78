"""When a champion counts as worse than the version before it: stated tests, over counts alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.definitions.project import RollbackSettings
from argosy.errors import ImportedModelFailed, ImportedModelRefused, InputInvalid, PredictionNotLogged, RequestTooSlow
from argosy.serving.health import (
    BUCKETS,
    AnswerTally,
    at_least_p,
    bucket,
    bucket_seconds,
    due_test,
    more_failures_p,
    rollback_reason,
)
from argosy.serving.version_statistics import VersionStatistics, is_fault

BOTH = RollbackSettings(errors=0.01, latency=2.0, minimum_requests=100)


def tally(answered, failed=0, **calls):
    """Calls by milliseconds a row: `ms_3=10`."""
    counts = [0] * BUCKETS
    for name, count in calls.items():
        counts[bucket(int(name.removeprefix("ms_")) / 1000)] += count
    return AnswerTally(answered, failed, tuple(counts))


def test_the_exact_tests_have_the_figures_of_the_books():
    """Fisher's tea (3 of 4 right), and six heads or more in ten throws."""
    assert more_failures_p(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert at_least_p(6, 10, 0.5) == pytest.approx(386 / 1024)
    assert at_least_p(0, 10, 0.5) == more_failures_p(0, 10, 5, 10) == pytest.approx(1.0)


@given(st.floats(1e-9, 1e4))
def test_a_time_is_in_its_bucket(seconds):
    number = bucket(seconds)
    assert 0 <= number < BUCKETS
    if 1e-6 < seconds < bucket_seconds(BUCKETS - 1):
        assert seconds <= bucket_seconds(number) * (1 + 1e-9) <= seconds * 1.2


def test_tests_come_at_doubled_numbers_of_requests():
    assert [due_test(tally(n), 100) for n in (99, 100, 199, 200, 399, 400, 799)] == [None, 0, 0, 1, 1, 2, 2]


def test_more_errors_are_a_reason():
    reason = rollback_reason(tally(180, 20), tally(4990, 10), BOTH, 1)
    assert reason.startswith("20 of 200 requests failed since its promotion, 10 of 5,000 with the version before (p = ")


@pytest.mark.parametrize(
    ("champion", "before", "settings"),
    [
        (tally(180, 20), tally(4500, 500), BOTH),  # as many
        (tally(199, 1), tally(5000), BOTH),  # by chance
        (tally(198_000, 2000), tally(1_999_000, 1000), RollbackSettings(errors=0.05)),  # less than asked for
        (tally(180, 20), tally(60), BOTH),  # too little is known of the version before
        (tally(180, 20), tally(5000), RollbackSettings(latency=2.0)),  # not asked for
        (tally(200, 0, ms_9=200), tally(200, 0, ms_1=200), RollbackSettings(errors=0.01)),  # nor that
        (tally(200, 0, ms_9=25, ms_1=175), tally(200, 0, ms_1=200), BOTH),  # one in eight: by chance
        (tally(200, 0, ms_4=200), tally(200, 0, ms_3=200), BOTH),  # not twice as long
        (tally(200), tally(200), BOTH),  # nothing was measured
    ],
)
def test_no_reason(champion, before, settings):
    assert rollback_reason(champion, before, settings, 0) == ""


def test_slower_rows_are_a_reason():
    reason = rollback_reason(tally(200, 0, ms_9=60, ms_1=140), tally(200, 0, ms_1=195, ms_30=5), BOTH, 0)
    assert reason.startswith("60 of 200 calls since its promotion took longer than 2 × ")
    assert "which nine in ten of the version before kept to" in reason


def test_every_test_asks_for_more_than_the_one_before():
    champion, before = tally(190, 10), tally(4995, 5)
    found = [bool(rollback_reason(champion, before, BOTH, test)) for test in range(60)]
    assert found == sorted(found, reverse=True)
    assert found[0]
    assert not found[-1]


def test_the_model_is_at_fault_for_what_it_raises_and_for_nothing_else():
    faults = [RuntimeError(), MemoryError(), ImportedModelFailed(), ImportedModelRefused()]
    others = [InputInvalid("row 1"), RequestTooSlow(), PredictionNotLogged()]
    assert [is_fault(one) for one in faults] == [True] * 4
    assert [is_fault(one) for one in others] == [False] * 3


def test_a_version_tallies_what_it_answered():
    statistics = VersionStatistics()
    statistics.executed(10, 0.02)
    statistics.answered(10, 0.03, 1.0)
    earlier = statistics.tally()
    statistics.failed(0.01, 1, 1)
    statistics.failed(0.01)
    assert earlier == tally(1, 0, ms_2=1)
    assert statistics.tally().since(earlier) == tally(0, 1)
