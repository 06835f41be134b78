"""Which rows may measure, and their weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.evaluation.evidence import Candidate, Side, select, weights_of, within_shares
from argosy.evaluation.gate import Policy
from argosy.predictions.measures import Measure

IMPORTED = Candidate(b"i", None)
TAUGHT = Candidate(b"t", None, is_tested=False)
NOTICED = Candidate(b"n", "p1")
DRAWN = Candidate(b"d", "p2", is_tested=False)
OUTCOME = Candidate(b"o", "p3")
ALL = [IMPORTED, TAUGHT, NOTICED, DRAWN, OUTCOME]
FAIR = {"p2": Measure(0.25, order="b"), "p3": Measure(order="a")}
UNSEEN = Side(frozenset())


def chosen(selection):
    return selection.live.tolist(), selection.test.tolist()


def test_live_rows_are_those_judged_without_regard_to_the_answer_in_whatever_part():
    selection = select(ALL, [UNSEEN, UNSEEN], FAIR, Policy(largest_share=1.0))
    assert chosen(selection) == ([False, False, False, True, True], [True, False, False, False, False])
    assert selection.describe() == "1 correction of predictions that were not drawn to measure"


def test_all_corrections_measure_where_the_policy_says_so():
    selection = select(ALL, [UNSEEN], {}, Policy(evidence="all"))
    assert selection.live.tolist() == [False, False, True, True, True]
    assert selection.describe() == ""


def test_what_a_side_has_learned_from_does_not_measure():
    selection = select(ALL, [UNSEEN, Side({b"i", b"t", b"d"})], FAIR, Policy())
    assert chosen(selection) == ([False, False, False, False, True], [False] * 5)
    assert (selection.trained_on, selection.picked) == (2, 1)
    assert selection.describe().startswith("2 rows that a side has trained on")


def test_what_a_fit_without_the_row_answered_measures_though_the_version_learned_from_it():
    learner = Side({b"d", b"o"}, {b"d": "sport"})
    assert select(ALL, [UNSEEN, learner], FAIR, Policy()).live.tolist() == [False, False, False, True, False]


def test_no_candidates_no_evidence():
    selection = select([], [UNSEEN], {}, Policy())
    assert chosen(selection) == ([], [])


def test_reviewed_rows_weigh_by_the_inverse_of_their_chance_and_one_on_average():
    weights = weights_of([Measure(0.5), Measure(0.125), Measure()])
    assert weights[2] == 1
    assert weights[1] == pytest.approx(4 * weights[0])
    assert weights[:2].mean() == pytest.approx(1)


def test_rows_drawn_with_equal_chances_weigh_one():
    assert weights_of([Measure(0.3), Measure(0.3), None]).tolist() == [1, 1, 1]


def shares(measures, share=0.5, test_rows=0):
    return within_shares(measures, np.ones(len(measures), bool), share, test_rows).tolist()


def test_a_token_has_no_more_than_its_share_of_all_evidence_however_much_it_sends():
    flood = [Measure(token="shop", order=f"{place:04}") for place in range(1600)]
    honest = [Measure(0.2, order="x")] * 20
    kept = shares(flood + honest, test_rows=80)
    assert sum(kept[:1600]) == 100
    assert all(kept[1600:])
    assert kept[:100] == [True] * 100


def test_the_only_giver_of_all_evidence_keeps_it():
    assert shares([Measure(token="shop", order=str(place)) for place in range(50)]) == [True] * 50


def test_tokens_of_one_source_share_its_share_and_those_without_a_token_have_none():
    kept = shares([Measure(token=name, source="shop", order=f"{place}{name}") for name in "ab" for place in range(40)],
                  test_rows=10)  # fmt: skip
    assert sum(kept) == 10
    assert all(shares([Measure(source="analyst", order=str(place)) for place in range(50)], test_rows=10))


def test_one_subject_has_no_more_than_its_share():
    kept = shares([Measure(subject=b"ann", order=f"{place:02}") for place in range(40)] + [Measure(order="x")] * 10)
    assert sum(kept[:40]) == 10


candidate = st.builds(
    Candidate, st.binary(min_size=1, max_size=1), st.none() | st.sampled_from("pqr"), is_tested=st.booleans()
)
side = st.builds(
    Side,
    st.frozensets(st.binary(min_size=1, max_size=1)),
    st.dictionaries(st.binary(min_size=1, max_size=1), st.just("sport")),
)


@given(st.lists(candidate), st.lists(side, min_size=1, max_size=2), st.sets(st.sampled_from("pqr")))
def test_evidence_was_seen_by_no_fit_that_answers_it(rows, sides, fair):
    measuring = {one: Measure(order=one) for one in fair}
    selection = select(rows, sides, measuring, Policy())
    assert not (selection.live & selection.test).any()
    assert len(selection.weights) == selection.live.sum()
    for row, counts in zip(rows, selection.live | selection.test, strict=True):
        if counts:
            assert all(row.example_id not in one.learned_from or row.example_id in one.held_out for one in sides)
            assert row.origin in fair if row.origin else row.is_tested
