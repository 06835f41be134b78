"""Batches have every row once and rows of similar length; the learning rate rises and falls."""

import numpy as np
import pytest

from argosy.models.fine_tuning.batches import batches, by_length, learning_rate_share


@pytest.mark.parametrize("count", [1, 31, 32, 700])
def test_every_row_once_and_the_batches_that_were_counted_on(count):
    lengths = np.random.default_rng(1).integers(2, 128, count)
    found = batches(lengths, 32, np.random.default_rng(0))
    assert sorted(np.concatenate(found)) == list(range(count))
    assert len(found) == -(-count // 32)
    assert sorted(np.concatenate(by_length(lengths, 32))) == list(range(count))


def test_batches_waste_little_and_differ_between_epochs():
    lengths = np.random.default_rng(1).integers(2, 128, 4096)
    random = np.random.default_rng(0)
    first, second = batches(lengths, 32, random), batches(lengths, 32, random)
    padded = sum(len(batch) * lengths[batch].max() for batch in first)
    assert padded < 1.1 * lengths.sum()
    assert {tuple(batch) for batch in first}.isdisjoint(tuple(batch) for batch in second)


def test_the_pace_rises_to_one_and_falls_to_nothing():
    paces = [learning_rate_share(step, 100, 0.1) for step in range(100)]
    assert paces[9] == max(paces) == 1
    assert paces[:10] == sorted(paces[:10])
    assert paces[10:] == sorted(paces[10:], reverse=True)
    assert 0 < paces[-1] < 0.02
    assert learning_rate_share(0, 1, 0.0) == 1
