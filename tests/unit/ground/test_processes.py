"""Processes of ours end when they are to, whatever goes on in them."""

import subprocess
import sys

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
