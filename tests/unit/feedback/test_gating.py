"""The verdict on a challenger."""

from argosy.evaluation.gate import Policy, refusal_verdict
from argosy.feedback.gating import with_nothing_learned
from argosy.store.trained import Trained

VERDICT = refusal_verdict("not better: -1.0 points of accuracy on 40 rows", Policy())


def challenger(matrix):
    return Trained("a", {}, "d", "a", 1, {}, {"labels": ["x", "y"], "matrix": matrix}, 1.0, 1.0, {}, {})


def test_a_challenger_that_gives_one_answer_to_all_rows_is_reported():
    reported = with_nothing_learned(VERDICT, challenger([[9, 0], [4, 0]]))
    assert reported.reason == f"{VERDICT.reason}; the challenger gives one answer to all rows of the test part"
    assert not reported.promote
    assert with_nothing_learned(VERDICT, challenger([[9, 0], [3, 1]])) == VERDICT
