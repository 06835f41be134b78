"""Carries out erasures in a spool, and is killed at the first call of a function of `os`: FOLDER DATABASE FUNCTION."""

import os
import signal
import sys
from pathlib import Path

from argosy.app.backends import database
from argosy.predictions.spool_erasure import carry_out_erasures


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    folder, url, name = sys.argv[1:]
    opened = database(url, Path(folder).parent)
    setattr(os, name, die)
    carry_out_erasures(Path(folder), opened)
