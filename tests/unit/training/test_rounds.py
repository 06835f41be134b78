"""The validation rows of a round: every row once in folds, evenly by class, and always the same."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.datasets.dataset import Dataset, Rows
from argosy.datasets.split import fractions, id_words
from argosy.definitions.evaluation import Folds, Repeats
from argosy.errors import DatasetInvalid
from argosy.training.rounds import pooled_rows, round_of, validation_masks
from argosy.types import Part

IDS = [random.Random(number).randbytes(16) for number in range(300)]
LABELS = ["rare" if number % 10 == 0 else "often" for number in range(300)]


def rows(first, last):
    return Rows(np.arange(first, last), IDS[first:last], [f"text {n}" for n in range(first, last)], LABELS[first:last])


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 20), st.integers(0, 5), st.integers(40, 300))
def test_every_row_is_in_one_fold_and_folds_are_even(folds, seed, count):
    masks = list(validation_masks(Folds(folds, seed), IDS[:count], LABELS[:count]))
    assert len(masks) == folds
    assert (np.sum(masks, axis=0) == 1).all()
    sizes = [int(mask.sum()) for mask in masks]
    assert max(sizes) - min(sizes) <= 1
    is_rare = np.array(LABELS[:count]) == "rare"
    rare = [int((mask & is_rare).sum()) for mask in masks]
    assert max(rare) - min(rare) <= 1


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 10), st.floats(0.05, 0.8))
def test_repeated_splits_have_their_share_of_each_class_and_differ(repeats, ratio):
    masks = list(validation_masks(Repeats(repeats, ratio), IDS, LABELS))
    is_rare = np.array(LABELS) == "rare"
    for mask in masks:
        assert abs(mask.sum() - ratio * 300) <= 1
        assert abs((mask & is_rare).sum() - ratio * 30) <= 1
    assert len({mask.tobytes() for mask in masks}) == repeats


def test_rounds_are_the_same_again_and_others_with_another_seed():
    first, again, other = (
        np.array(list(validation_masks(evaluation, IDS, LABELS)))
        for evaluation in (Folds(5), Folds(5), Folds(5, seed=1))
    )
    assert (first == again).all()
    assert (first != other).any()


def test_folds_are_independent_of_the_split_that_they_divide():
    place = fractions(id_words(IDS), 0)
    fold = next(validation_masks(Folds(2), IDS, ["a"] * 300))
    assert abs(np.corrcoef(place, fold)[0, 1]) < 0.2


def test_the_test_part_is_in_no_round():
    dataset = Dataset("d", "c", {Part.TRAIN: rows(0, 80), Part.VALIDATION: rows(80, 120), Part.TEST: rows(120, 300)}, 0)
    together = pooled_rows(dataset)
    assert together.example_ids == IDS[:120]
    for mask in validation_masks(Folds(4), together.example_ids, together.labels):
        part = round_of(dataset, together, mask)
        learned, answered = part.parts[Part.TRAIN], part.parts[Part.VALIDATION]
        assert sorted([*learned.revision_ids, *answered.revision_ids]) == list(range(120))
        assert answered.inputs == [f"text {number}" for number in answered.revision_ids]
        assert not part.parts[Part.TEST]


def test_too_few_rows_are_refused():
    with pytest.raises(DatasetInvalid, match="too few for 5 folds"):
        list(validation_masks(Folds(5), IDS[:9], LABELS[:9]))
    with pytest.raises(DatasetInvalid, match="too few to validate on"):
        list(validation_masks(Repeats(5, 0.1), IDS[:9], LABELS[:9]))
    few = replace(rows(0, 20), labels=["a"] * 19 + ["b"])
    dataset = Dataset("d", "c", dict.fromkeys(Part, few), 0)
    mask = np.arange(20) == 19
    with pytest.raises(DatasetInvalid, match="only one class"):
        round_of(dataset, few, mask)
