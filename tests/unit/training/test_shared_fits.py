"""Fits are made once, mapped by every worker, and removed with the last worker, however the others ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from argosy.training.memory_folder import MemoryFolder, clear_others
from argosy.training.shared_fits import SharedFits
from argosy.types import Part

sys.path.insert(0, str(Path(__file__).parent))

from fitting import make

PROGRAM = Path(__file__).with_name("fitting.py")


class Memory:
    def __init__(self, folder):
        self.folder, self.project, self.processes = folder / "memory", folder / "project", []
        self.folder.mkdir()
        self.project.mkdir()

    def start(self, key="key"):
        arguments = [sys.executable, PROGRAM, self.project, self.folder, key]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def fits(self):
        return SharedFits(self.project, self.folder)

    def get(self, fits, key="key"):
        return fits.get(key, lambda: make(self.folder))

    @property
    def made(self):
        path = self.folder / "made"
        return path.read_text().count("x") if path.exists() else 0

    @property
    def kept(self):
        """The complete fits in memory."""
        return [path.name for path in self.folder.glob("argosy-*/*") if path.suffix != ".making"]


@pytest.fixture
def memory(tmp_path):
    made = Memory(tmp_path)
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def test_two_processes_at_once_fit_once(memory):
    both = [memory.start(), memory.start()]
    assert {process.stdout.readline() for process in both} == {"9\n"}
    assert memory.made == 1
    assert memory.kept == ["key"]
    for process in both:
        process.communicate()
        assert process.returncode == 0
    assert memory.kept == []


def test_what_is_mapped_is_what_was_made(memory):
    fits = memory.fits()
    shared, made = memory.get(fits), make(memory.folder)
    assert shared.classes == made.classes
    assert shared.adapter.to_dict() == made.adapter.to_dict()
    for part in Part:
        assert (shared.matrices[part] != made.matrices[part]).nnz == 0
        assert np.array_equal(shared.codes[part], made.codes[part])
    fits.release()


def test_the_folder_and_its_files_are_for_their_owner_alone(memory):
    fits = memory.fits()
    memory.get(fits)
    [folder] = (path for path in memory.folder.glob("argosy-*") if path.is_dir())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    fits.release()


def test_fits_stay_while_another_worker_has_them(memory):
    other = memory.start()
    assert other.stdout.readline()
    fits = memory.fits()
    memory.get(fits)
    fits.release()
    assert (memory.made, memory.kept) == (1, ["key"])
    memory.get(fits)
    assert memory.made == 1
    other.communicate()
    assert memory.kept == ["key"]
    fits.release()
    assert memory.kept == []


def test_what_a_killed_worker_leaves_the_next_one_wipes(memory):
    killed = memory.start("old")
    assert killed.stdout.readline()
    killed.kill()
    killed.wait()
    assert memory.kept == ["old"]
    fits = memory.fits()
    memory.get(fits, "new")
    assert memory.kept == ["new"]
    fits.release()
    assert memory.kept == []


def test_what_the_last_worker_left_is_removed_without_another(memory):
    folder = MemoryFolder(memory.project, memory.folder)
    assert folder.clear() == 0
    killed = memory.start()
    assert killed.stdout.readline()
    assert folder.clear() == 0, "it is at work"
    assert memory.kept == ["key"]
    killed.kill()
    killed.wait()
    assert folder.clear() > 100
    assert [path.name for path in memory.folder.iterdir()] == ["made"]
    assert folder.clear() == 0


def killed(memory, project):
    """Files that a killed worker of that project left."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, project, memory.folder, "key"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline()
    process.kill()
    process.communicate()
    return MemoryFolder(project, memory.folder).path


def test_files_of_deleted_projects_are_removed_by_other_projects(memory):
    (memory.project / "argosy.yaml").touch()
    other, gone = memory.folder.parent / "other", memory.folder.parent / "gone"
    other.mkdir()
    (other / "argosy.yaml").touch()
    at_work = memory.start()
    assert at_work.stdout.readline()
    (memory.project / "argosy.yaml").unlink()  # its worker is still running
    left, removed, nameless = killed(memory, other), killed(memory, gone), killed(memory, memory.folder / "old")
    nameless.with_name(nameless.name + ".lock").write_bytes(b"")
    found = clear_others(memory.folder)
    assert found.cleared > 100
    assert sorted(found.left) == sorted(
        [
            f"{left} of {other} is left behind: argosy -C {other} doctor",
            f"left behind by an older Argosy, for projects unknown: remove {nameless}",
        ]
    )
    assert (left.exists(), removed.exists(), nameless.exists()) == (True, False, True)
    assert MemoryFolder(memory.project, memory.folder).path.exists()
    at_work.communicate()
    assert clear_others(memory.folder) == (0, found.left)


def test_clearing_while_workers_start_and_end_removes_nothing_in_use(memory):
    folder = MemoryFolder(memory.project, memory.folder)
    for _ in range(20):
        fits = memory.fits()
        memory.get(fits)
        folder.clear()
        assert memory.kept == ["key"]
        fits.release()
        folder.clear()
        assert memory.kept == []


def test_a_worker_that_is_stopped_while_it_makes_a_fit_holds_up_nobody(memory):
    stopped = memory.start("stopped")
    os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT)
    fits = SharedFits(memory.project, memory.folder, silent_seconds=0.2)
    assert memory.get(fits, "stopped").classes
    assert (memory.made, memory.kept) == (2, [])
    stopped.send_signal(signal.SIGCONT)
    assert stopped.stdout.readline() == "9\n"
    assert memory.kept == ["stopped"]
    stopped.communicate()
    fits.release()


def test_a_fit_that_failed_is_made_by_the_next(memory):
    fits = memory.fits()
    with pytest.raises(ZeroDivisionError):
        fits.get("key", lambda: 1 / 0)
    assert memory.get(fits).classes
    fits.release()


def test_the_same_key_again_is_not_even_mapped_again(memory):
    fits = memory.fits()
    assert memory.get(fits) is memory.get(fits)
    fits.release()


def test_without_a_memory_folder_each_worker_keeps_its_own(memory, tmp_path):
    fits = SharedFits(memory.project, tmp_path / "absent")
    first = memory.get(fits)
    assert memory.get(fits) is first
    assert memory.get(fits, "other") is not first
    assert memory.made == 2
    fits.release()
    assert not (tmp_path / "absent").exists()


def test_two_projects_share_nothing(memory, tmp_path):
    mine, theirs = memory.fits(), SharedFits(tmp_path, memory.folder)
    memory.get(mine)
    memory.get(theirs)
    assert memory.made == 2
    mine.release()
    assert memory.kept == ["key"]
    theirs.release()
    assert memory.kept == []
