"""A vocabulary finds the same numbers in mapped memory as in a dictionary."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import ArtifactCorrupt
from argosy.models.vocabulary import Vocabulary

strings = st.text(st.characters(), max_size=6)


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


def test_zeros_and_long_strings_are_told_apart():
    entries = ["", "\0", "\0\0", "a", "\0a", "é" * 64, "é" * 65, "b" * 64, "b" * 65, "b" * 1000]
    vocabulary = unpacked(entries)
    assert [vocabulary.find(entry) for entry in entries] == list(range(len(entries)))
    assert vocabulary.find("b" * 999) is None


def test_strings_share_few_buckets():
    """Also where they were made to have the same CRC-32, or differ in one place alone."""
    index = unpacked([f"{number:020}" for number in range(4096)]).find.__self__
    starts = np.asarray(index._starts)
    assert np.diff(starts).max() < 32


def test_what_is_remembered_is_bounded():
    vocabulary = unpacked([str(number) for number in range(100)])
    memory = vocabulary.find.__self__
    for number in range(40_000):
        assert vocabulary.find(str(number)) == (number if number < 100 else None)
    assert 0 < len(memory) <= 32_768
    memory.clear()
    assert vocabulary.find("x" * 65) is None
    assert not memory


@pytest.mark.parametrize("offsets", [[0, 1, 3, 7], [0, 3, 1, 6], [], [0, 1, 3, 7000000]])
def test_offsets_that_do_not_fit_are_refused(offsets):
    blob, _ = Vocabulary(["a", "bc", "def"]).pack()
    with pytest.raises(ArtifactCorrupt, match="overlap or lie outside"):
        Vocabulary.unpack(blob, np.array(offsets, np.uint32)).find("a")
