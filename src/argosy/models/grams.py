"""From one text to its n-grams: the definition that training and serving share.

A word is two or more word characters; a combining mark belongs to the character before it, and so do joiners between
word characters. `char` n-grams run over the text with its runs of white space made one space; `char_wb` n-grams stay
inside a word padded with a space on either side, and a padded word no longer than the shortest n-gram counts once,
whole. Texts are taken in Unicode's form NFC, so that it makes no difference how an accent was typed.

Where no mark is involved this is as scikit-learn's vectorisers have it, so that figures compare. Edition 1, which is
kept for models that were trained with it, is so everywhere: a mark ends a word, and a text is taken as it is.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Annotated, Final, Literal, NamedTuple
from unicodedata import category, normalize

import msgspec

AnalyzerName = Literal["word", "char_wb", "char"]
Length = Annotated[int, msgspec.Meta(ge=1, le=20)]
Lengths = tuple[Length, Length]
"""The shortest and the longest n-gram."""
EDITION: Final = 2

ASCII_WORDS: Final = "".join(chr(point) if chr(point).isalnum() or chr(point) == "_" else " " for point in range(128))
"""For `str.translate`: whatever is no word character becomes a space."""
_WORDS = re.compile(r"\w\w+")
_JOINERS = "\u200c\u200d"
_MAYBE_MARKS = re.compile("[\u0300-\U0010ffff]")
_RARE_MARKS = re.compile("[\U00010000-\U0001efff\U000e0000-\U0010ffff]")
"""Characters beyond the first plane, without emoji: scripts that few write today."""
_SPACES = re.compile(r"\s\s+")


class Analyzer(NamedTuple):
    """How a text becomes n-grams of `low` to `high` words or characters."""

    name: AnalyzerName = "word"
    low: int = 1
    high: int = 1
    lowercase: bool = True
    edition: int = EDITION

    def prepare(self, text: str) -> str:
        """The text in the form whose characters are counted."""
        text = text.lower() if self.lowercase else text
        return text if text.isascii() or self.edition == 1 else normalize("NFC", text)

    def words(self, text: str) -> list[str]:
        """The words in order. Plain ASCII is split without a regular expression, in half the time."""
        text = text.lower() if self.lowercase else text
        if text.isascii():
            return [word for word in text.translate(ASCII_WORDS).split() if len(word) > 1]
        return [word for word in split_others(text, self.edition) if len(word) > 1]

    def grams(self, text: str) -> list[str]:
        """All n-grams, however often they occur."""
        if self.name == "word":
            return word_grams(self.words(text), self.low, self.high)
        grams = char_grams if self.name == "char" else char_wb_grams
        return grams(self.prepare(text), self.low, self.high)


def split_others(text: str, edition: int) -> list[str]:
    """The words of a text that is not ASCII, and among them perhaps single characters.

    Where nothing is beyond U+02FF there is no mark, and a pattern that knows of none takes half the time.
    """
    if edition == 1:
        return _WORDS.findall(text)
    text = normalize("NFC", text)
    if not _MAYBE_MARKS.search(text):
        return _WORDS.findall(text)
    return _marked_words(bool(_RARE_MARKS.search(text))).findall(text)


@cache
def _marked_words(are_rare: bool) -> re.Pattern[str]:
    """Made when first needed, since finding all marks takes milliseconds; with the rare ones it is ten times slower."""
    last = sys.maxunicode if are_rare else 0xFFFF
    marks = "".join(chr(point) for point in range(last + 1) if category(chr(point)).startswith("M"))
    inside = rf"[\w{marks}]"
    return re.compile(rf"\w{inside}*(?:[{_JOINERS}]+{inside}+)*")


def squeeze(text: str) -> str:
    """The text with every run of two or more white space characters made one space."""
    return _SPACES.sub(" ", text)


def check_lengths(lengths: Lengths) -> None:
    """Raise ValueError where the shortest is longer than the longest."""
    if lengths[0] > lengths[1]:
        raise ValueError(f"ngrams are the shortest and the longest, in this order: got {list(lengths)}")


def word_grams(words: list[str], low: int, high: int) -> list[str]:
    """Sequences of `low` to `high` words, joined by a space."""
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
