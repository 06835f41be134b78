"""The supervisor of a step's command: what is left when the command ends, and when its parent has ended."""

import os

import pytest

from argosy import processes
from argosy.testing.waiting import PATIENCE, until

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "run"
    (made / "work").mkdir(parents=True)
    return made


def start(folder, script):
    return processes.start_supervised(folder, "work", ["/bin/sh", "-c", script], ENVIRONMENT)


def test_the_folder_is_left_to_the_caller(folder):
    with start(folder, "read line || echo nothing to read; echo made > made; exit 7") as process:
        assert process.stdout.read() == b"nothing to read\n"
        assert process.wait(PATIENCE) == 7
    assert (folder / "work" / "made").read_text() == "made\n"


def test_everything_ends_when_the_caller_has_ended(folder):
    with start(folder, "echo begun; setsid sleep 86414.25 & sleep 86414.25") as process:
        assert process.stdout.readline() == b"begun\n"
        assert processes.memory_below(process.pid) > 0
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == b""  # no process is left that could print
    until(lambda: not folder.exists())


@pytest.mark.parametrize("is_killed", [False, True])
def test_another_program_runs_when_all_of_it_has_ended(folder, tmp_path, is_killed):
    then = ["/bin/sh", "-c", f"echo unseen; echo then > {tmp_path}/then"]
    script = "echo begun; sleep 86414.25" if is_killed else "echo begun; exit 3"
    with processes.start_supervised(folder, "work", ["/bin/sh", "-c", script], ENVIRONMENT, then) as process:
        assert process.stdout.readline() == b"begun\n"
        if is_killed:
            process.stdin.close()
        assert process.wait(PATIENCE) == (0 if is_killed else 3)
        assert process.stdout.read() == b""
    assert (tmp_path / "then").read_text() == "then\n"


def test_a_program_that_cannot_be_started_is_reported(folder):
    program = folder / "work" / "run"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    with processes.start_supervised(folder, "work", [str(program)], ENVIRONMENT) as process:
        assert process.stdout.read().endswith(b"/work/run cannot be started: No such file or directory\n")
        assert process.wait(PATIENCE) == 126
