"""What several processes of a server say of the same versions, as one answer."""

from hypothesis import given
from hypothesis import strategies as st

from argosy.serving.added_statistics import added_statistics
from argosy.serving.health import AnswerTally
from argosy.serving.repository import joined_index
from argosy.serving.server_tallies import added_tallies
from argosy.serving.version_statistics import VersionStatistics

CALLS = st.lists(st.integers(1, 200))


def counted(calls, version="1"):
    statistics = VersionStatistics()
    for number, rows in enumerate(calls):
        statistics.executed(rows, 0.5, 0.25)
        statistics.queued(0.125)
        statistics.answered(rows, 1.0, float(number))
    return {"name": "topics", "version": version, **statistics.counted()}


@given(CALLS, CALLS)
def test_statistics_are_those_of_one_process(first, second):
    both = added_statistics([[counted(first)], [counted(second)]])
    [whole] = [counted([*first, *second])]
    whole["last_inference"] = max(counted(first)["last_inference"], counted(second)["last_inference"])
    assert both == [whole]


def test_versions_that_one_process_alone_has_are_there():
    found = added_statistics([[counted([1]), counted([2], "10")], [counted([3], "9")]])
    assert [(one["version"], one["inference_count"]) for one in found] == [("1", 1), ("9", 3), ("10", 2)]


def test_tallies_are_added():
    calls = AnswerTally().calls
    one, other = [1, *calls[1:]], [2, *calls[1:]]
    found = added_tallies([[["topics", 1, 5, 1, one]], [["topics", 1, 7, 2, other], ["topics", 2, 1, 0, one]]])
    assert found == [["topics", 1, 12, 3, [3, *calls[1:]]], ["topics", 2, 1, 0, one]]


def row(version, state, reason=""):
    return {"name": "topics", "version": version, "state": state, "reason": reason}


def test_a_version_is_ready_where_every_process_has_it():
    ready, failed = row("1", "READY"), row("1", "UNAVAILABLE", "damaged")
    assert joined_index([[ready], [ready]]) == [ready]
    assert joined_index([[ready], [failed]]) == joined_index([[failed], [ready]]) == [failed]
    assert joined_index([[ready, row("10", "READY")], [ready]]) == [ready, row("10", "LOADING")]
