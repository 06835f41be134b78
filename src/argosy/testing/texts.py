"""A little labelled data for contract kits: three topics, some words shared, deterministic."""

from __future__ import annotations

import random

_WORDS = {
    "sport": "match goal team player coach season league score win defeat stadium referee",
    "money": "market share profit bank price growth company sales debt tax invest dollar",
    "weather": "rain wind storm sun cloud snow temperature forecast flood heat ice frost",
}
_SHARED = "the of and a new today said report year first very más café straße 2024 it's"


def labelled_texts(rows: int = 90, classes: int = 3, seed: int = 0) -> tuple[list[str], list[str]]:
    """(texts, labels): `classes` is two or three, and each has its share of the rows."""
    words = {label: f"{own} {own} {_SHARED}".split() for label, own in _WORDS.items()}
    chance = random.Random(seed)  # noqa: S311  # data for tests, not a secret
    labels = [list(_WORDS)[row % classes] for row in range(rows)]
    texts = [" ".join(chance.choices(words[label], k=chance.randint(3, 14))) for label in labels]
    return texts, labels
