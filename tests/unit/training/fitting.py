"""One worker's share of fits: makes or maps one, says so, and holds it until its standard input ends.

Arguments: the project, the memory folder, the key. Every fit that is made is a line in the memory folder's `made`.
The process stops while it makes the fit `stopped`.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from argosy.datasets.dataset import Dataset, Rows
from argosy.models.adapters import adapters
from argosy.training.fit import Fit, make_fit
from argosy.training.shared_fits import SharedFits
from argosy.types import Part

TEXTS = ["a red apple", "a green apple", "red wine", "green tea"] * 3


def dataset() -> Dataset:
    rows = Rows(np.arange(12), [bytes([number]) * 16 for number in range(12)], TEXTS, [t.split()[-1] for t in TEXTS])
    return Dataset("d" * 64, "default", dict.fromkeys(Part, rows), 0)


def make(folder: Path) -> Fit:
    with (folder / "made").open("a") as made:
        made.write("x\n")
    return make_fit(adapters.get("tfidf").create({}), dataset())


def main(project: str, memory: str, key: str) -> None:
    def made() -> Fit:
        fit = make(Path(memory))
        if key == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        return fit

    fits = SharedFits(Path(project), Path(memory))
    fit = fits.get(key, made)
    print(sum(fit.codes[Part.TRAIN].tolist()), flush=True)  # noqa: T201
    sys.stdin.read()
    fits.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
