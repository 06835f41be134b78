"""An artifact is the same bytes for the same model, is mapped and not copied, and damage is detected."""

import zlib

import numpy as np
import pytest

from argosy.errors import ArtifactCorrupt
from argosy.models.adapted_model import AdaptedModel
from argosy.models.artifact_format import _MAGIC, _PREFIX, FORMAT, ArrayWriter, read_artifact, write_artifact
from argosy.models.vocabulary import Vocabulary
from argosy.testing.texts import labelled_texts

TEXTS, LABELS = labelled_texts(60)


@pytest.fixture(scope="module")
def model():
    return AdaptedModel.from_names().fit(TEXTS, LABELS)


def test_the_same_model_gives_the_same_bytes(model, tmp_path):
    again = AdaptedModel.from_names().fit(TEXTS, LABELS)
    first, second = model.save(tmp_path / "a").read_bytes(), again.save(tmp_path / "b").read_bytes()
    loaded = AdaptedModel.load(tmp_path / "a").save(tmp_path / "c").read_bytes()
    assert first == second == loaded


def test_arrays_are_mapped_read_only_and_aligned(model, tmp_path):
    weights = AdaptedModel.load(model.save(tmp_path / "a")).estimator.weights_
    assert not weights.flags.writeable
    assert not weights.flags.owndata
    assert weights.ctypes.data % 64 == 0
    assert np.array_equal(weights, model.estimator.weights_)


def test_arrays_of_every_shape_come_back(tmp_path):
    arrays = ArrayWriter()
    given = [np.zeros((0, 3)), np.array(7, np.int8), np.arange(5, dtype=np.uint32), np.asfortranarray(np.eye(3))]
    header = {"arrays": [arrays.put(array) for array in given]}
    write_artifact(tmp_path / "a", header, arrays)
    stored, reader = read_artifact(tmp_path / "a")
    for array, place in zip(given, stored["arrays"], strict=True):
        restored = reader.get(place)
        assert (restored.dtype, restored.shape) == (array.dtype, array.shape)
        assert np.array_equal(restored, array)


def test_an_artifact_cut_short_anywhere_is_refused(model, tmp_path):
    whole = model.save(tmp_path / "a").read_bytes()
    for length in {0, 5, 27, 28, 40, len(whole) // 2, len(whole) - 1}:
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(ArtifactCorrupt):
            AdaptedModel.load(tmp_path / "cut")


def test_a_header_damaged_anywhere_is_refused(model, tmp_path):
    whole = bytearray(model.save(tmp_path / "a").read_bytes())
    for place in [*range(28), *range(28, 600, 23)]:
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(ArtifactCorrupt):
            AdaptedModel.load(tmp_path / "damaged")


def test_a_newer_format_is_reported(model, tmp_path):
    whole = bytearray(model.save(tmp_path / "a").read_bytes())
    whole[8] = 9
    (tmp_path / "newer").write_bytes(whole)
    with pytest.raises(ArtifactCorrupt, match=r"format 9.*upgrade"):
        AdaptedModel.load(tmp_path / "newer")


def test_a_place_outside_of_the_file_is_refused(tmp_path):
    arrays = ArrayWriter()
    place = arrays.put(np.arange(4.0))
    write_artifact(tmp_path / "a", {}, arrays)
    _, reader = read_artifact(tmp_path / "a")
    wraps_around = [1 << 32, 1 << 32], [(1 << 62) + 1, 4], [-2, -2], [0, 1 << 70], [1.0], [1 << 62]
    shapes = [{**place, "shape": shape} for shape in ([5], *wraps_around)]
    for wrong in (*shapes, {**place, "at": -8}, {**place, "dtype": "|O"}, {"at": 0}, None):
        with pytest.raises(ArtifactCorrupt):
            reader.get(wrong)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b"nothing"])
def test_a_header_that_is_none_is_refused_whatever_its_checksum(text, tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.write(_PREFIX.pack(_MAGIC, FORMAT, len(text), zlib.crc32(text), 0) + text)
        file.write(bytes(-file.tell() % 64))
    with pytest.raises(ArtifactCorrupt, match="header"):
        read_artifact(tmp_path / "a")


def test_a_vocabulary_larger_than_its_bytes_is_refused():
    text = np.frombuffer(b"x" * 1000, np.uint8)
    for offsets in ([0, 1000] * 500, [0, 1001], [5, 0]):
        with pytest.raises(ArtifactCorrupt, match="overlap or lie outside"):
            _ = Vocabulary.unpack(text, np.array(offsets, np.uint32)).entries
    assert Vocabulary.unpack(text[:3], np.array([0, 1, 1, 3], np.uint32)).entries == ["x", "", "xx"]


def test_an_artifact_sets_nothing_but_what_is_learned(model):
    stored = model.to_dict()
    stored["adapter"]["state"]["transform"] = "anything"
    with pytest.raises(ArtifactCorrupt, match="'transform' is nothing that a TfIdf learns"):
        AdaptedModel.from_dict(stored)


def test_nothing_is_left_where_writing_fails(tmp_path):
    class Failing(ArrayWriter):
        def write(self, file):
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_artifact(tmp_path / "a", {}, Failing())
    assert list(tmp_path.iterdir()) == []
