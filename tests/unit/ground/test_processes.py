"""Our processes end when they are told to, whatever runs in them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from argosy import processes

BUSY = """
from argosy.processes import end_within
timer = end_within(0.1)
{}
while True:
    pass
"""


def test_a_process_ends_in_time_whatever_its_main_thread_does():
    ended = subprocess.run([sys.executable, "-c", BUSY.format("")], stderr=subprocess.PIPE, timeout=60)
    assert ended.returncode == 1
    assert b"did not end in time" in ended.stderr


def test_one_that_ended_by_itself_is_left_alone():
    cancelled = BUSY.format("timer.cancel(); timer.join(); raise SystemExit(0)")
    assert subprocess.run([sys.executable, "-c", cancelled], timeout=60).returncode == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not say it")
def test_the_memory_of_a_session_is_that_of_all_its_processes():
    """Two processes, each with 64 MiB of written memory."""
    grown = "import sys; data = bytearray(b'x' * (1 << 26)); print(flush=True); sys.stdin.read()"
    leader = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); exec(sys.argv[1])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", leader, grown], **pipes, start_new_session=True) as process:
        process.stdout.readline()
        process.stdout.readline()
        found = processes.resident_bytes()
        process.stdin.close()
        process.wait()
    assert 2 * (1 << 26) < found[process.pid] < 4 * (1 << 26)
    assert found.keys() >= {os.getsid(0)}


def test_a_session_is_killed_with_all_that_it_started():
    line = "import subprocess, sys; print(subprocess.Popen(['sleep', '1000']).pid, flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", line], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    process.stdout.readline()
    processes.kill_session(process)
    assert process.returncode == -signal.SIGKILL
    assert process.stdout.read() == b"", "it ends when nobody has the pipe any more"
    process.stdout.close()
    process.stdin.close()
