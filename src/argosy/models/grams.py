"""From one text to its n-grams: the definition that training and serving share.

As scikit-learn's vectorisers have it, so that figures compare: a word is two or more word characters; `char` n-grams
run over the text with its runs of white space made one space; `char_wb` n-grams stay inside a word padded with a
space on either side, and a padded word no longer than the shortest n-gram counts once, whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec

AnalyzerName = Literal["word", "char_wb", "char"]
Length = Annotated[int, msgspec.Meta(ge=1, le=20)]
Lengths = tuple[Length, Length]
"""The shortest and the longest n-gram."""

_WORDS = re.compile(r"\w\w+")
_ASCII_WORDS = "".join(chr(point) if chr(point).isalnum() or chr(point) == "_" else " " for point in range(128))
_SPACES = re.compile(r"\s\s+")


def split_words(text: str) -> list[str]:
    """The words in order, and among them perhaps single characters, which no vocabulary of words has.

    Plain ASCII is split without the regular expression, in half the time.
    """
    return text.translate(_ASCII_WORDS).split() if text.isascii() else _WORDS.findall(text)


def find_words(text: str) -> list[str]:
    """The words in order."""
    return [word for word in split_words(text) if len(word) > 1]


def squeeze(text: str) -> str:
    """The text with every run of two or more white space characters made one space."""
    return _SPACES.sub(" ", text)


def check_lengths(lengths: Lengths) -> None:
    """Raise ValueError where the shortest is longer than the longest."""
    if lengths[0] > lengths[1]:
        raise ValueError(f"ngrams are the shortest and the longest, in this order: got {list(lengths)}")


def word_grams(text: str, low: int, high: int) -> list[str]:
    """Sequences of `low` to `high` words, joined by a space."""
    words = find_words(text)
    if high == 1:
        return words
    grams = words[:] if low == 1 else []
    for n in range(max(low, 2), high + 1):
        grams += map(" ".join, zip(*(words[start:] for start in range(n)), strict=False))
    return grams


def char_grams(text: str, low: int, high: int) -> list[str]:
    """Sequences of `low` to `high` characters."""
    text = squeeze(text)
    return [text[at : at + n] for n in range(low, high + 1) for at in range(len(text) - n + 1)]


def char_wb_grams(text: str, low: int, high: int) -> list[str]:
    """Sequences of `low` to `high` characters inside a padded word."""
    grams: list[str] = []
    for word in text.split():
        padded = f" {word} "
        length = len(padded)
        if length <= low:
            grams.append(padded)
            continue
        for n in range(low, min(high, length) + 1):
            grams += [padded[at : at + n] for at in range(length - n + 1)]
    return grams


GRAMS: dict[AnalyzerName, Callable[[str, int, int], list[str]]] = {
    "word": word_grams,
    "char": char_grams,
    "char_wb": char_wb_grams,
}
