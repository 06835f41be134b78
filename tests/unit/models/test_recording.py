"""Values and files that plug-ins log and attach are stored within limits, and only in training."""

import math

import pytest

import argosy
from argosy.errors import RecordingInvalid
from argosy.models.recording import FILES, POINTS, Recording, recorded


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("first")
    return path


def test_what_is_logged_and_attached_is_kept(tmp_path, note):
    (tmp_path / "kept").mkdir()
    recording = Recording(tmp_path / "kept")
    with recorded(recording):
        for step in range(3):
            argosy.log("loss", 1 / (step + 1), step)
        argosy.log("rows", 10)
        argosy.attach(note)
        argosy.attach(note, "notes/again.txt")
        note.write_text("second")
        argosy.attach(note, "notes/again.txt")
    assert recording.curves == {"loss": [(0, 1.0), (1, 0.5), (2, 1 / 3)], "rows": [(0, 10.0)]}
    assert {name: path.read_text() for name, path in recording.files.items()} == {
        "note.txt": "first",
        "notes/again.txt": "second",
    }


def test_outside_of_training_nothing_is_kept(note):
    argosy.log("loss", 0.5)
    argosy.attach(note)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: argosy.log("loss", math.nan), "the value of 'loss' is no number"),
        (lambda: argosy.log("", 1.0), "a metric's name"),
        (lambda: argosy.log("a\nb", 1.0), "a metric's name"),
        (lambda: argosy.log("loss", 1.0, -1), "a step is a whole number from 0; got -1"),
        (lambda: argosy.log("loss", 1.0, 1.5), "a step is a whole number"),
        (lambda: argosy.attach("nowhere.txt"), "there is no file nowhere.txt to attach"),
        (lambda: argosy.attach(__file__, "../up"), "a name is up to 100"),
        (lambda: argosy.attach(__file__, "a/../../up"), "a name is up to 100"),
    ],
)
def test_what_cannot_be_kept_is_refused_also_outside_of_training(call, problem):
    with pytest.raises(RecordingInvalid, match=problem):
        call()


def test_limits(tmp_path, note):
    (tmp_path / "kept").mkdir()
    with recorded(Recording(tmp_path / "kept")):
        for step in range(POINTS):
            argosy.log("loss", 1.0, step)
        with pytest.raises(RecordingInvalid, match="at most 10,000 values"):
            argosy.log("loss", 1.0, POINTS)
        for number in range(FILES):
            argosy.attach(note, f"note {number}")
        argosy.attach(note, "note 0")
        with pytest.raises(RecordingInvalid, match="at most 20 files"):
            argosy.attach(note, "one more")
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(100_000_001)
    with recorded(Recording(tmp_path / "kept")), pytest.raises(RecordingInvalid, match="100,000,000 bytes"):
        argosy.attach(huge)
