"""What `argosy doctor` reports about a spool with records that cannot be drained."""

import os
import struct

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.operations.doctor import examine
from argosy.predictions import frames, segments
from argosy.predictions.held import Held
from argosy.predictions.record import SealedPrediction, to_bytes
from stored.spools import age_spools


@pytest.fixture
def project(tmp_path):
    create_project(tmp_path / "shop")
    opened = argosy.open(tmp_path / "shop")
    opened.spool.mkdir(parents=True)
    yield opened
    opened.close()


def found(project, check="spool"):
    [one] = [finding for finding in examine(lambda: project.backends, is_quick=True) if finding.check == check]
    return one


def test_a_spool_that_drains_is_well(project):
    assert (found(project).ok, found(project).found) == (True, "drained: no prediction is left in it")


def test_a_record_that_is_set_aside_is_named(project):
    (project.spool / "0-1-00.spool").write_bytes(frames.frame(b"of no format"))
    [finding, again] = [found(project), found(project)]
    [kept] = segments.damaged(project.spool)
    assert not finding.ok
    assert kept.name in finding.found
    assert again == finding


def test_damage_in_a_segment_that_is_being_written_is_named(project):
    descriptor, path = segments.create(project.spool, 1.0)
    os.write(descriptor, struct.pack("<II", 3, 0) + b"???")
    assert path.name in found(project).found
    os.close(descriptor)
    assert f"{path.stem}.damaged" in found(project).found


def test_a_segment_that_cannot_be_opened_is_named(project):
    (project.spool / "0-1-00.spool").mkdir()
    assert "0-1-00.spool" in found(project).found


def test_predictions_of_another_key_are_counted(project):
    row = SealedPrediction("0" * 44, "shop", 1, 1.0, None, None, "refund", 0.5, b"sealed elsewhere")
    (project.spool / "0-1-00.spool").write_bytes(frames.frame(to_bytes(row)))
    assert "1 prediction in the log of another key" in found(project).found
    assert segments.damaged(project.spool) == []
    wrong = [finding for finding in examine(lambda: project.backends) if not finding.ok]
    assert [finding.check for finding in wrong] == ["spool"]  # the rows are not at fault if they cannot be opened


def test_other_spools_are_reported_when_they_are_behind(project, tmp_path):
    assert (found(project, "spools").ok, found(project, "spools").found) == (True, "0 others, none behind")
    folder = tmp_path / "elsewhere" / "spool"
    folder.parent.mkdir()
    name = project.backends.spools.enter(folder)
    project.backends.spools.see(name, folder, Held(7, 5.0))
    assert found(project, "spools").found == "1 other, none behind"
    project.backends.spools.see(name, folder, Held(7, 61.0))
    assert "is behind by 7 predictions, the oldest for 61 s" in found(project, "spools").found
    age_spools(project.database, 100.0)
    project.feedback.log.erase("ann")
    finding = found(project, "spools")
    assert f"'{name}' in {folder} on " in finding.found
    assert "7 predictions waited in it then, and has 1 erasure to carry out" in finding.found
    assert finding.to_do.endswith(f"argosy spools forget {name}")
    project.backends.spools.forget(name)
    assert found(project, "spools").ok
