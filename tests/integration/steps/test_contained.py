"""Commands of steps in real containers, by podman, in an image of one static program."""

import os
import shutil
import signal
import subprocess
import uuid

import pytest

from argosy import processes
from argosy.definitions.steps import StepLimits
from argosy.steps.command_line import RunFolder, contained, removal, variables
from argosy.steps.execution import execute
from argosy.steps.log_text import BoundedLog
from argosy.testing.waiting import PATIENCE, until

LIMITS = StepLimits(seconds=PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def podman_of_guests(tmp_path_factory):
    """Podman asks for more than a guest's limits allow, and its usual runtime for cgroups of one version alone."""
    with pytest.MonkeyPatch.context() as patch:
        runtime = 'runtime = "runc"' if shutil.which("runc") else ""
        path = tmp_path_factory.mktemp("podman") / "containers.conf"
        path.write_text(
            f'[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\n{runtime}\n'
        )
        patch.setenv("CONTAINERS_CONF", str(path))
        yield


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    podman, busybox = shutil.which("podman"), shutil.which("busybox")
    if podman is None or busybox is None:
        pytest.skip("no podman and busybox here: apt-get install podman catatonit busybox-static")
    root = tmp_path_factory.mktemp("image")
    (root / "bin").mkdir()
    shutil.copyfile(busybox, root / "bin" / "busybox")
    (root / "bin" / "busybox").chmod(0o755)
    for name in ("sh", "cat", "wc", "sleep", "env"):
        (root / "bin" / name).symlink_to("busybox")
    name = f"localhost/argosy-test-{uuid.uuid4().hex}"
    packed = subprocess.run(["tar", "-C", root, "-c", "."], capture_output=True, check=True).stdout
    subprocess.run([podman, "import", "-", name], input=packed, capture_output=True, check=True)
    try:
        tried = subprocess.run(
            [podman, "run", "--rm", "--init", name, "wc"], capture_output=True, text=True, check=False
        )
        if tried.returncode:
            pytest.skip(f"podman runs no container here: {tried.stderr.strip()[-200:]}")
        yield name
    finally:
        subprocess.run([podman, "rmi", "--force", name], capture_output=True, check=False)


class Contained:
    """A run of a shell's script."""

    def __init__(self, folder, image, script):
        self.folder, self.name, self.log = RunFolder(folder), f"argosy-test-{uuid.uuid4().hex}", BoundedLog()
        for part in (self.folder.work, self.folder.inputs, self.folder.output):
            part.mkdir(parents=True)
        own = {"N": "4 x", "MADE": str(self.folder.output / "made")}
        words = ["sh", "-c", script]
        self.environment = variables(os.environ, own, "/usr/bin", is_contained=True)
        self.words = contained(shutil.which("podman"), self.name, image, words, self.folder, own, 1 << 30, "0:0")
        self.then = removal(self.words[0], self.name)

    def run(self, check=lambda: None):
        output = self.folder.output / "made"
        return execute(self.words, self.environment, self.folder.root, output, LIMITS, self.log, check, self.then)

    def is_there(self):
        asked = [self.words[0], "ps", "--all", "--quiet", "--filter", f"name={self.name}"]
        return bool(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def test_a_command_in_an_image_sees_its_folder_and_its_variables_alone(tmp_path, image):
    run = Contained(tmp_path / "run", image, 'cat ../inputs/a.txt > "$MADE"; env; exit 7')
    (run.folder.inputs / "a.txt").write_text("one\n")
    assert run.run() == 7
    assert (run.folder.output / "made").read_text() == "one\n"
    printed = run.log.text().splitlines()
    assert "N=4 x" in printed
    assert not any(line.startswith("HOME=/root") or "ARGOSY_DATA" in line for line in printed)
    assert not run.is_there()


def test_a_container_that_ignores_signals_ends_with_its_run(tmp_path, image):
    run = Contained(tmp_path / "run", image, 'trap "" TERM; echo begun > "$MADE"; sleep 86400')

    def check():
        if (run.folder.output / "made").exists():
            raise KeyError("it is to end")

    with pytest.raises(KeyError, match="to end"):
        run.run(check)
    assert not run.is_there()


def test_a_container_ends_with_the_worker_that_was_killed(tmp_path, image):
    run = Contained(tmp_path / "run", image, 'trap "" TERM; echo begun > "$MADE"; sleep 86400')
    started = processes.start_supervised(run.folder.root, "work", run.words, run.environment, run.then)
    until((run.folder.output / "made").exists)
    assert run.is_there()
    started.stdin.close()  # as at the end of its worker
    until(lambda: not run.is_there())
    assert started.wait(PATIENCE) in (0, 128 + signal.SIGKILL)
    started.stdout.close()
