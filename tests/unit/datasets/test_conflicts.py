from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.datasets.conflicts import RULES, Decision, Staged, Stored, check_rule, resolve_conflict
from argosy.errors import DefinitionInvalid, ExamplesInvalid


def row(n, label, seen_at=1.0, subject=None, votes=1):
    return Staged(n, n, votes, label, seen_at, subject)


def test_a_new_example_takes_its_row():
    assert resolve_conflict([], [row(1, "a")], "latest") == Decision([1], 0, 0, False)


def test_the_same_again_is_a_duplicate():
    assert resolve_conflict([Stored("a", 1.0, None)], [row(1, "a", 5.0, votes=3)], "error") == Decision([], 3, 0, False)


def test_latest_takes_the_label_seen_last():
    rows = [row(1, "a", 3.0), row(2, "b", 9.0), row(3, "c", 5.0)]
    assert resolve_conflict([], rows, "latest") == Decision([2], 0, 2, True)


def test_latest_takes_the_later_of_rows_seen_at_once():
    assert resolve_conflict([], [row(1, "a"), row(2, "b")], "latest").keep == [2]


def test_latest_revises_what_is_stored_unless_that_was_seen_later():
    stored = [Stored("a", 4.0, None)]
    assert resolve_conflict(stored, [row(1, "b", 4.0)], "latest") == Decision([1], 0, 0, True)
    assert resolve_conflict(stored, [row(1, "b", 3.0)], "latest") == Decision([], 0, 1, True)


def test_majority_counts_rows_and_revisions():
    assert resolve_conflict([], [row(1, "a", votes=3), row(2, "b", 9.0, votes=2)], "majority") == Decision(
        [1], 2, 2, True
    )
    stored = [Stored("a", 1.0, None), Stored("a", 1.0, b"x")]
    assert resolve_conflict(stored, [row(1, "b", 9.0)], "majority") == Decision([], 0, 1, True)
    assert resolve_conflict(stored, [row(1, "b", 9.0, votes=3)], "majority") == Decision([1], 2, 0, True)


def test_majority_breaks_ties_by_the_latest():
    assert resolve_conflict([], [row(1, "a", 5.0), row(2, "b", 1.0)], "majority").keep == [1]


def test_drop_takes_none_of_the_disputed_rows():
    assert resolve_conflict([], [row(1, "a"), row(2, "b")], "drop") == Decision([], 0, 2, True)
    assert resolve_conflict([Stored("a", 1.0, None)], [row(1, "a"), row(2, "b")], "drop") == Decision([], 1, 1, True)


def test_error_says_which_rows_disagree():
    with pytest.raises(ExamplesInvalid, match=r"row 3 says 'a', row 8 says 'b', the stored example says 'c'"):
        resolve_conflict([Stored("c", 1.0, None)], [row(3, "a"), row(8, "b")], "error")


def test_a_new_subject_is_a_revision_so_that_erasing_finds_it():
    assert resolve_conflict([Stored("a", 1.0, None)], [row(1, "a", subject=b"s")], "latest") == Decision(
        [1], 0, 0, False
    )
    assert resolve_conflict([Stored("a", 1.0, b"s")], [row(1, "a", subject=b"s")], "latest") == Decision(
        [], 1, 0, False
    )
    assert resolve_conflict([], [row(1, "a", subject=b"s"), row(2, "a", subject=b"t")], "latest").keep == [1, 2]


def test_an_unknown_rule_lists_those_there_are():
    with pytest.raises(DefinitionInvalid, match=r"did you mean 'latest'.*latest, majority, drop, error"):
        check_rule("lattest")


STORED = st.lists(
    st.builds(Stored, st.sampled_from("abc"), st.floats(0, 9), st.sampled_from([None, b"s", b"t"])), max_size=4
)
STAGED = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 9), st.sampled_from([None, b"s", b"t"]), st.integers(1, 4)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=200)
@given(STORED, STAGED, st.sampled_from([rule for rule in RULES if rule != "error"]))
def test_every_row_is_accounted_for_and_revisions_agree(stored, staged, rule):
    rows = [row(n, label, seen_at, subject, votes) for n, (label, seen_at, subject, votes) in enumerate(staged, 1)]
    decision = resolve_conflict(stored, rows, rule)
    assert len(decision.keep) + decision.duplicates + decision.dropped == sum(each.votes for each in rows)
    assert min(decision.duplicates, decision.dropped) >= 0
    kept = [each for each in rows if each.n in decision.keep]
    assert len({each.label for each in kept}) <= 1
    assert decision.is_conflict or decision.dropped == 0
    known = {each.subject for each in stored} | {each.subject for each in kept} | {None}
    if not decision.is_conflict:
        assert {each.subject for each in rows} <= known
        assert stored or kept


def test_an_undated_row_does_not_take_a_correction_back():
    corrected = [Stored("a", 1.0, None), Stored("b", 2.0, None, is_derived=True)]
    undated = row(1, "a", 9.0)._replace(is_dated=False)
    assert resolve_conflict(corrected, [undated], "latest") == Decision([], 0, 1, True)
    assert resolve_conflict(corrected, [row(1, "a", 9.0)], "latest").keep == [1]
    assert resolve_conflict(corrected[:1], [undated._replace(label="c")], "latest").keep == [1]


def test_the_rows_that_disagree_are_named_in_their_order_as_what_they_are():
    with pytest.raises(ExamplesInvalid, match="line 2 says 'b', line 3 says 'a'"):
        resolve_conflict([], [row(3, "a"), row(2, "b")], "error", "line")
