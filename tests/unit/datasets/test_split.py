from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.datasets.split import PARTS, TEST, TRAIN, VALIDATION, fractions, id_words, mix, split

IDS = st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=50, unique=True)
SEEDS = st.integers(-(2**63), 2**64 - 1)


@settings(deadline=None, max_examples=50)
@given(IDS, IDS, SEEDS, st.floats(0.01, 0.8), st.floats(0, 0.19))
def test_new_rows_never_move_old_ones(old, new, seed, training, validation):
    alone = split(id_words(old), seed, training, validation)
    together = split(id_words(new + old), seed, training, validation)
    assert together[len(new) :].tolist() == alone.tolist()


@settings(deadline=None, max_examples=50)
@given(IDS, SEEDS, st.floats(0.01, 0.5), st.floats(0, 0.4))
def test_a_larger_training_ratio_only_adds_to_the_training_part(ids, seed, ratio, more):
    words = id_words(ids)
    before, after = split(words, seed, ratio, 0.05), split(words, seed, ratio + more, 0.05)
    assert (after[before == TRAIN] == TRAIN).all()


def test_ratios_hold_approximately_and_seeds_are_independent():
    words = np.random.default_rng(3).integers(0, 2**64, size=(40_000, 2), dtype=np.uint64)
    parts = split(words, 0, 0.8, 0.1)
    shares = [(parts == code).mean() for code in (TRAIN, VALIDATION, TEST)]
    assert np.allclose(shares, [0.8, 0.1, 0.1], atol=0.01)
    other = split(words, 1, 0.8, 0.1)
    assert abs(((parts == TRAIN) & (other == TRAIN)).mean() - 0.64) < 0.01


def test_ids_that_count_upwards_split_like_random_ones():
    words = id_words([number.to_bytes(16, "big") for number in range(20_000)])
    place = fractions(words, 7)
    assert 0 <= place.min() < place.max() < 1
    assert np.allclose(np.histogram(place, bins=10, range=(0, 1))[0] / 20_000, 0.1, atol=0.01)


def test_mixing_is_splitmix64():
    """The generator's published first outputs from the seed 0."""
    states = np.array([0, 0x9E3779B97F4A7C15], dtype=np.uint64)
    assert [hex(word) for word in mix(states).tolist()] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4"]


def test_the_split_is_what_it_was_when_first_released():
    """Frozen: a change here would move every row of every dataset."""
    words = id_words([bytes([byte]) * 16 for byte in range(8)])
    assert split(words, 0, 0.5, 0.25).tolist() == [0, 0, 0, 1, 0, 2, 2, 1]
    assert [part.value for part in PARTS] == ["train", "validation", "test"]
