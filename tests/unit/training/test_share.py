"""A share of the training part: nested, with every class, and the other parts unchanged."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest

from argosy.datasets.dataset import Dataset, Rows
from argosy.training.share import reduced
from argosy.types import Part


def rows(prefix, count):
    ids = [hashlib.blake2b(f"{prefix}{number}".encode(), digest_size=16).digest() for number in range(count)]
    labels = ["rare" if number % 40 == 0 else f"class {number % 3}" for number in range(count)]
    return Rows(np.arange(count, dtype=np.int64), ids, [f"{prefix} {number}" for number in range(count)], labels)


@pytest.fixture
def dataset():
    return Dataset("digest", "default", {part: rows(part.value, 200) for part in Part}, 0)


def test_all_of_it_is_the_dataset_itself(dataset):
    assert reduced(dataset, None) is dataset


def test_a_smaller_share_is_part_of_a_larger(dataset):
    kept = [set(reduced(dataset, share).parts[Part.TRAIN].inputs) for share in (0.01, 1 / 9, 1 / 3, 0.9)]
    assert all(smaller < larger for smaller, larger in pairwise(kept))
    assert [len(one) for one in kept] == [4, 25, 68, 182]


def test_classes_keep_their_mix_and_none_is_lost(dataset):
    labels = reduced(dataset, 1 / 9).parts[Part.TRAIN].labels
    assert {label: labels.count(label) for label in sorted(set(labels))} == {
        "class 0": 8,
        "class 1": 8,
        "class 2": 8,
        "rare": 1,
    }
    assert reduced(dataset, 0.001).classes == dataset.classes


def test_other_parts_and_the_order_of_rows_stay(dataset):
    found = reduced(dataset, 0.3)
    for part in (Part.VALIDATION, Part.TEST):
        assert found.parts[part] is dataset.parts[part]
    assert np.all(np.diff(found.parts[Part.TRAIN].revision_ids) > 0)
    again = reduced(dataset, 0.3).parts[Part.TRAIN]
    assert again.example_ids == found.parts[Part.TRAIN].example_ids
