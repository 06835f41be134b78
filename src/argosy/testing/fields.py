"""Labelled dictionaries for contract kits: numbers, a category and a text, some of them missing, deterministic."""

from __future__ import annotations

import random
from typing import Any

from argosy.testing.texts import labelled_texts


def labelled_fields(rows: int = 90, classes: int = 3, seed: int = 0) -> tuple[list[dict[str, Any]], list[str]]:
    """(dictionaries of amount, visits, channel and note, labels)."""
    texts, labels = labelled_texts(rows, classes, seed)
    chance = random.Random(seed + 1)  # noqa: S311  # data for tests, not a secret
    names = sorted(set(labels))
    inputs: list[dict[str, Any]] = []
    for text, label in zip(texts, labels, strict=True):
        number = names.index(label)
        item: dict[str, Any] = {
            "amount": round(chance.gauss(10.0 * number, 4), 2),
            "visits": str(chance.randint(0, 5)),
            "channel": chance.choice(["web", "shop", "phone", names[number]]),
            "note": text,
        }
        if chance.random() < 0.2:
            item[chance.choice(list(item))] = None
        inputs.append(item)
    return inputs, labels
