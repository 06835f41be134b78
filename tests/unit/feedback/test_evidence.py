"""Which rows may measure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from argosy.feedback.evidence import Candidate, select

IMPORTED = Candidate(b"i", "import", None)
NOTICED = Candidate(b"n", "correction", "p1")
DRAWN = Candidate(b"d", "correction", "p2")
OUTCOME = Candidate(b"o", "outcome", "p3")
ALL = [IMPORTED, NOTICED, DRAWN, OUTCOME]


def test_noticed_mistakes_do_not_measure():
    selection = select(ALL, set(), {"p2"}, "uniform")
    assert selection.mask.tolist() == [True, False, True, True]
    assert selection.describe() == "1 corrections of predictions that were not drawn uniformly"


def test_all_corrections_measure_where_the_policy_says_so():
    selection = select(ALL, set(), set(), "all")
    assert selection.mask.all()
    assert selection.describe() == ""


def test_what_a_side_trained_on_never_measures():
    selection = select(ALL, {b"i", b"n"}, {"p2"}, "uniform")
    assert selection.mask.tolist() == [False, False, True, True]
    assert (selection.trained_on, selection.picked) == (2, 0)
    assert selection.describe() == "2 rows that a side has trained on"


def test_no_candidates_no_evidence():
    assert select([], {b"i"}, set(), "uniform").mask.tolist() == []


candidates = st.lists(
    st.builds(
        Candidate,
        st.binary(min_size=1, max_size=1),
        st.sampled_from(["import", "correction", "outcome"]),
        st.none() | st.sampled_from("pqr"),
    )
)


@given(candidates, st.sets(st.binary(min_size=1, max_size=1)), st.sets(st.sampled_from("pqr")))
def test_evidence_was_never_learned_from_and_every_row_is_accounted_for(rows, learned, uniform):
    for evidence in ("uniform", "all"):
        selection = select(rows, learned, uniform, evidence)
        chosen = [row for row, counts in zip(rows, selection.mask, strict=True) if counts]
        assert not {row.example_id for row in chosen} & learned
        assert len(chosen) + selection.trained_on + selection.picked == len(rows)
