"""Feedback that disagrees, resolved by rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import DefinitionInvalid
from argosy.feedback.labels import ConflictRule, FeedbackPiece, resolve_feedback

LATEST, MAJORITY, DROP = ConflictRule(), ConflictRule("majority"), ConflictRule("drop")


def said(label, source="ann", number=0, kind="correction", at=0.0, measures=False):
    return FeedbackPiece(kind, label, source, at, number, measures)


def test_a_single_piece_of_feedback_is_used_by_every_rule():
    for rule in (LATEST, MAJORITY, DROP, ConflictRule("trust", ("analyst",))):
        derived = resolve_feedback([said("sport")], rule)
        assert (derived.label, derived.kind, derived.why) == ("sport", "correction", "the only word")


def test_the_newest_feedback_has_the_highest_number_whatever_the_clock():
    assert resolve_feedback([said("b", "bob", 2), said("a", "ann", 1)], LATEST).label == "b"
    assert resolve_feedback([said("b", "bob", 9, at=2), said("a", "ann", 10, at=1)], LATEST).label == "a"


def test_a_source_that_changed_its_mind_has_one_voice():
    rows = [
        said("a", "ann", number=1),
        said("a", "bob", number=2),
        said("b", "ann", number=3),
        said("b", "cy", number=4),
    ]
    assert resolve_feedback(rows, MAJORITY).label == "b"
    assert resolve_feedback([said("a", "ann", number=1), said("b", "ann", number=2)], DROP).label == "b"


def test_a_tie_has_no_majority():
    derived = resolve_feedback([said("a", "ann"), said("b", "bob", number=1)], MAJORITY)
    assert derived.label is None
    assert derived.why == "no majority: a 1, b 1"


def test_drop_settles_nothing_where_sources_disagree():
    rows = [said("a", "ann"), said("a", "bob"), said("b", "cy")]
    assert resolve_feedback(rows, DROP).label is None
    assert resolve_feedback(rows[:2], DROP).label == "a"


def test_trust_uses_the_order_of_sources_or_kinds():
    rows = [
        said("bought", "shop", number=9, kind="outcome"),
        said("ignored", "ann", number=1),
        said("clicked", "web", number=5),
    ]
    assert resolve_feedback(rows, ConflictRule("trust", ("ann", "outcome"))).label == "ignored"
    assert resolve_feedback(rows, ConflictRule("trust", ("outcome",))).label == "bought"
    assert resolve_feedback(rows, ConflictRule("trust", ("correction",))).label == "clicked"
    derived = resolve_feedback(rows, ConflictRule("trust", ("nobody",)))
    assert (derived.label, derived.kind) == ("bought", "outcome")


def test_that_it_measures_says_how_it_was_picked_not_who_won():
    assert resolve_feedback([said("a", "ann", number=1, measures=True), said("b", "bob", number=2)], LATEST).measures
    assert not resolve_feedback([said("a", "ann")], LATEST).measures


def test_where_feedback_measures_a_token_that_does_not_has_no_voice():
    review = FeedbackPiece("correction", "sport", "analyst", 0.0, 1, measures=True)
    other = FeedbackPiece("correction", "tech", "shop", 0.0, 2, token="shop")
    owner = FeedbackPiece("correction", "money", "ann", 0.0, 3)
    assert resolve_feedback([review, other], LATEST).label == "sport"
    assert resolve_feedback([other], LATEST).label == "tech"
    assert resolve_feedback([review, other, owner], LATEST).label == "money"


def test_rules_are_parsed_and_others_refused_with_those_allowed():
    assert ConflictRule.parse("majority") == MAJORITY
    assert ConflictRule.parse("trust: analyst, outcome") == ConflictRule("trust", ("analyst", "outcome"))
    for wrong in ("newest", "trust", "trust:", "latest: ann", ""):
        with pytest.raises(DefinitionInvalid, match="allowed: latest, majority, drop, trust: SOURCE"):
            ConflictRule.parse(wrong)


def test_no_feedback_is_the_callers_mistake():
    with pytest.raises(ValueError, match="no feedback"):
        resolve_feedback([], LATEST)


feedback = st.lists(
    st.builds(
        FeedbackPiece,
        st.sampled_from(["outcome", "correction"]), st.sampled_from("abc"), st.sampled_from(["x", "y", "z"]),
        st.floats(0, 10), st.integers(0, 99), st.booleans(),
    ),
    min_size=1, unique_by=lambda one: one.number,
)  # fmt: skip


@given(feedback, st.sampled_from([LATEST, MAJORITY, DROP, ConflictRule("trust", ("x", "outcome"))]), st.randoms())
def test_the_order_of_arrival_does_not_matter_and_labels_are_not_invented(rows, rule, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    derived = resolve_feedback(rows, rule)
    assert derived == resolve_feedback(shuffled, rule)
    assert derived.label is None or derived.label in {one.label for one in rows}
