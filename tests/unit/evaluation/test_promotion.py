"""The comparison shown before a version replaces the champion."""

import numpy as np
import pytest

from argosy.errors import KeyUnavailable, PromotionDoubtful
from argosy.evaluation.promotion import Promotion, check_not_doubtful, compare_for_promotion
from argosy.models.rows_right import pack_right
from argosy.statistics.paired_tests import mcnemar
from argosy.store.trained import Trained

NAMES = ("shop@1", "shop@2")


def result(label, right, digest="d"):
    metrics = {"validation": {"accuracy": {"value": float(np.mean(right)), "low": 0.0, "high": 1.0}}}
    packed = pack_right([np.array(right, bool)])
    return Trained(label, {}, digest, "a", 1, metrics, {}, 1.0, 1.0, {}, {}, rows_right=packed)


def unasked():
    pytest.fail("what the store keeps is enough")


def test_a_worse_version_is_reported_by_what_the_store_keeps():
    right = np.arange(100) >= 10
    worse = np.arange(100) >= 35
    worse[:2] = True
    found = compare_for_promotion(NAMES, result("a", right), result("b", worse), unasked)
    assert (found.champion_figure, found.newcomer_figure, found.rows) == (0.9, 0.67, 100)
    assert (found.only_champion_right, found.only_newcomer_right) == (25, 2)
    assert found.p_value == pytest.approx(mcnemar(25, 2))
    assert found.is_doubtful
    assert "-23.0 points on 100 validation rows" in str(found)


def test_one_that_is_as_good_or_better_is_not_doubted():
    right = np.arange(100) >= 10
    assert not compare_for_promotion(NAMES, result("a", right), result("b", right), unasked).is_doubtful
    better = compare_for_promotion(NAMES, result("a", right), result("b", np.ones(100)), unasked)
    assert not better.is_doubtful
    assert "+10.0 points" in str(better)


def test_a_doubtful_one_raises_with_the_comparison():
    right = np.arange(100) >= 10
    check_not_doubtful(None, "--yes")
    check_not_doubtful(compare_for_promotion(NAMES, result("a", right), result("b", right), unasked), "--yes")
    worse = compare_for_promotion(NAMES, result("a", right), result("b", np.zeros(100)), unasked)
    with pytest.raises(
        PromotionDoubtful, match=r"shop@2 is worse than the champion shop@1; --yes promotes it"
    ) as raised:
        check_not_doubtful(worse, "--yes")
    assert raised.value.comparison == worse.to_dict()


def test_on_other_rows_both_must_answer_the_same_ones():
    asked = Promotion("", "", "accuracy", 40, "rows that neither learned from", 0.8, 0.9, 0.2, 1, 5)
    found = compare_for_promotion(NAMES, result("a", [1, 0]), result("b", [1, 1], digest="e"), lambda: asked)
    assert (found.champion, found.newcomer, found.is_doubtful) == (*NAMES, False)


def test_what_cannot_be_compared_is_doubted_and_says_why():
    def locked():
        raise KeyUnavailable("the key is elsewhere")

    found = compare_for_promotion(NAMES, result("a", [1, 0]), result("b", [1, 1], digest="e"), locked)
    assert found.is_doubtful
    assert str(found) == "shop@2 cannot be compared with the champion shop@1: the key is elsewhere"
