"""The pure parts of retraining."""

from __future__ import annotations

import pytest

from argosy.clock import parse_time
from argosy.definitions import Definition, Spec
from argosy.feedback.retraining import is_same_training, moved_to
from argosy.store.trained import Trained

AT = parse_time("2024-06-01")
PAIR = (Spec("tfidf", {"ngrams": [1, 2]}), Spec("logistic", {"C": 1.0}))


@pytest.mark.parametrize("end", ["2024-05-31", "2024-1-1", AT - 1])
def test_a_past_end_moves_to_now(end):
    moved = moved_to(Spec("span", {"collection": "news", "end": end, "seed": 3}), AT)
    assert moved == Spec("span", {"collection": "news", "end": AT, "seed": 3})


@pytest.mark.parametrize("options", [{"end": None}, {"end": "2030-01-01"}, {"end": AT}, {"rows": 10}, {}])
def test_an_open_or_later_end_stays(options):
    assert moved_to(Spec("span", options), AT) == Spec("span", options)


def trained(definition, digest):
    return Trained("label", definition.to_dict(), digest, "", 0, {}, {}, 0.0, 0.0, {}, {})


def test_the_same_pair_on_the_same_rows_is_the_same_training_whenever_its_cut_ended():
    earlier = Definition(Spec("span", {"end": 1.0}), *PAIR)
    later = Definition(Spec("span", {"end": 2.0}), *PAIR)
    assert is_same_training(trained(earlier, "d1"), later, "d1")
    assert not is_same_training(trained(earlier, "d1"), later, "d2")
    other = Definition(later.dataset, later.adapter, Spec("logistic", {"C": 10.0}))
    assert not is_same_training(trained(earlier, "d1"), other, "d1")
