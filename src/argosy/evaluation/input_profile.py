"""What inputs look like as figures: their length, the words that training never saw, their numeric fields. Pure."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from argosy.statistics.shifts import Moments
from argosy.types import Input

WORD: Final = re.compile(r"\w\w+")
CHARACTERS: Final = 20_000
"""Of a longer text the beginning is looked at."""
WORDS: Final = 200_000
"""This many words of the training part count as seen, the most frequent ones."""
FIELDS: Final = 12
"""This many numeric fields, in the order of their names."""
LENGTH, VOCABULARY, FIELD = "length", "vocabulary", "field "


def input_profile(
    inputs: Sequence[Input], known: Collection[int], fields: Collection[str] | None = None
) -> dict[str, Moments]:
    """By name: the logarithm of the length in characters, the share of words not known, each numeric field.

    Of live inputs `fields` names the ones to look at: callers may send others, whose names are nobody's business.
    """
    texts = [as_text(item) for item in inputs]
    found = {
        LENGTH: Moments.of([math.log1p(len(text)) for text in texts]),
        VOCABULARY: Moments.of([unseen_share(text, known) for text in texts]),
    }
    numbers = _fields(inputs)
    wanted = list(numbers)[:FIELDS] if fields is None else [name for name in numbers if name in fields]
    return {**found, **{name: numbers[name] for name in wanted}}


def word_hashes(text: str) -> list[int]:
    """A number for each word, lower case: at 100,000 known words one new word in 43,000 is taken for one of them."""
    return [zlib.crc32(word.encode()) for word in WORD.findall(text[:CHARACTERS].lower())]


def known_words(inputs: Iterable[Input]) -> list[int]:
    """The numbers of the most frequent words, in order."""
    found = Counter(word for item in inputs for word in word_hashes(as_text(item)))
    return sorted(word for word, _ in found.most_common(WORDS))


def unseen_share(text: str, known: Collection[int]) -> float:
    """The share of a text's words that are not known; 0 for a text without words."""
    found = word_hashes(text)
    return sum(word not in known for word in found) / len(found) if found else 0.0


def as_text(item: Input) -> str:
    """An input as one text: of a dictionary, its fields that are texts."""
    return item if isinstance(item, str) else " ".join(value for value in item.values() if isinstance(value, str))


def _fields(inputs: Sequence[Input]) -> dict[str, Moments]:
    values: dict[str, list[float]] = {}
    for item in inputs:
        if isinstance(item, str):
            continue
        for name, value in item.items():
            if isinstance(value, int | float) and math.isfinite(value):
                values.setdefault(name, []).append(float(value))
    return {f"{FIELD}{name}": Moments.of(values[name]) for name in sorted(values)}
