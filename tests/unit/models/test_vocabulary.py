"""A vocabulary finds the same numbers in mapped memory as in a dictionary."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import ArtifactCorrupt
from argosy.models.vocabulary import Vocabulary

strings = st.text(st.characters(), max_size=6)
COLLIDING = ["plumless", "buckeroo"]
"""Their CRC-32 is the same."""


def unpacked(entries):
    return Vocabulary.unpack(*Vocabulary(entries).pack())


@settings(deadline=None, max_examples=200)
@given(st.lists(strings, unique=True), st.lists(strings))
def test_strings_are_found_in_mapped_memory_as_in_a_dictionary(entries, asked):
    expected = {entry: number for number, entry in enumerate(entries)}
    vocabulary = unpacked(entries)
    for wanted in [*entries, *asked, *entries, *asked]:
        assert vocabulary.find(wanted) == expected.get(wanted)
    assert "entries" not in vocabulary.__dict__
    assert vocabulary.numbers(asked).tolist() == [expected.get(wanted, -1) for wanted in asked]
    assert len(vocabulary) == len(entries)
    assert vocabulary == Vocabulary(entries)


def test_strings_of_one_bucket_are_found_each():
    entries = sorted(f"entry {number}" for number in range(1000))
    blob, offsets, *_ = Vocabulary(entries).pack()
    all_in_the_first = np.array([0, 1000, 1000], np.uint32)
    vocabulary = Vocabulary.unpack(blob, offsets, all_in_the_first, np.arange(1000, dtype=np.uint32))
    of_the_first = [number for number, entry in enumerate(entries) if crc32(entry.encode()) < 1 << 31]
    assert [vocabulary.find(entries[number]) for number in of_the_first] == of_the_first
    assert len(of_the_first) > 400


@pytest.mark.parametrize("entries", [COLLIDING, COLLIDING[::-1], [*COLLIDING, "third"]])
def test_strings_of_the_same_hash_are_told_apart(entries):
    assert [unpacked(entries).find(entry) for entry in entries] == list(range(len(entries)))
    assert unpacked(COLLIDING[:1]).find(COLLIDING[1]) is None


def test_what_is_remembered_is_bounded():
    vocabulary = unpacked([str(number) for number in range(100)])
    memory = vocabulary.find.__self__
    for number in range(40_000):
        assert vocabulary.find(str(number)) == (number if number < 100 else None)
    assert 0 < len(memory) <= 32_768
    memory.clear()
    assert vocabulary.find("x" * 65) is None
    assert not memory


def test_a_vocabulary_of_older_artifacts_is_read():
    entries = ["", "é", "ab", "\ud800", "日本"]
    text = "".join(entries)
    blob = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    offsets = np.array([0, 0, 1, 3, 4, 6], np.uint32)
    vocabulary = Vocabulary.unpack(blob, offsets)
    assert vocabulary.entries == entries
    assert [vocabulary.find(entry) for entry in entries] == [0, 1, 2, 3, 4]


def damaged(**changed):
    blob, offsets, starts, order = Vocabulary(["a", "bc", "def"]).pack()
    arrays = {"blob": blob, "offsets": offsets, "starts": starts, "order": order} | changed
    return list(arrays.values())


@pytest.mark.parametrize(
    "arrays",
    [
        damaged(offsets=np.array([0, 1, 3, 7], np.uint32)),
        damaged(offsets=np.array([0, 3, 1, 6], np.uint32)),
        damaged(offsets=np.array([], np.uint32)),
        damaged(starts=np.array([0, 1, 2, 3], np.uint32)),
        damaged(starts=np.array([0, 2, 1, 3, 3], np.uint32)),
        damaged(starts=np.array([0, 1, 2, 2, 2], np.uint32)),
        damaged(order=np.array([0, 1, 3], np.uint32)),
        damaged(order=np.array([0, 1], np.uint32)),
    ],
)
def test_a_table_that_does_not_fit_is_refused(arrays):
    with pytest.raises(ArtifactCorrupt, match="a vocabulary"):
        Vocabulary.unpack(*arrays).find("a")


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_a_vocabulary_of_another_number_of_arrays_is_refused(count):
    with pytest.raises(ArtifactCorrupt, match=f"of {count} arrays"):
        Vocabulary.unpack(*[np.zeros(1, np.uint32)] * count)
