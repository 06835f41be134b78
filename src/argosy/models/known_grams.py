"""From one text to the numbers of those of its n-grams that a vocabulary has: the hot path of serving."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from argosy.models.grams import GRAMS, AnalyzerName, char_wb_grams, split_words
from argosy.models.vocabulary import Vocabulary

Numbers = NDArray[np.intp]
Finder = Callable[[str], list[int] | Numbers]
"""From a text to one number for each occurrence. Safe to call from several threads."""

_WORDS_KEPT = 1 << 14
_LONGEST_KEPT = 32


def finder(vocabulary: Vocabulary, analyzer: AnalyzerName, low: int, high: int) -> Finder:
    """What finds the n-grams of one text in the vocabulary."""
    get = vocabulary.index.get
    if analyzer == "char_wb":
        return InsideWords(get, low, high)
    if analyzer == "word" and high == 1:
        return lambda text: [number for number in map(get, split_words(text)) if number is not None]
    grams = GRAMS[analyzer]
    return lambda text: [number for number in map(get, grams(text, low, high)) if number is not None]


class InsideWords:
    """N-grams inside words depend on the word alone, and words recur.

    So what was found for each word is remembered; everything is forgotten when there are 16,384 of them, which
    bounds the memory to some megabytes.
    """

    def __init__(self, get: Callable[[str], int | None], low: int, high: int) -> None:
        self._get, self._low, self._high = get, low, high
        self._words: dict[str, Numbers] = {}

    def __call__(self, text: str) -> Numbers:
        words = text.split()
        found = list(map(self._words.get, words))
        known = [self._learn(word) if numbers is None else numbers for word, numbers in zip(words, found, strict=True)]
        return np.concatenate(known) if known else np.zeros(0, np.intp)

    def _learn(self, word: str) -> Numbers:
        grams = char_wb_grams(word, self._low, self._high)
        known = np.array([number for number in map(self._get, grams) if number is not None], np.intp)
        if len(word) <= _LONGEST_KEPT:
            if len(self._words) >= _WORDS_KEPT:
                self._words.clear()
            self._words[word] = known
        return known


def distinct(found: list[int] | Numbers) -> tuple[Numbers, NDArray[np.float64] | None]:
    """(the distinct numbers, how often each was found, or None where each was once)."""
    if isinstance(found, np.ndarray):
        return _distinct_array(found)
    if len(set(found)) == len(found):
        return np.array(found, np.intp), None
    counts: dict[int, int] = {}
    for number in found:
        counts[number] = counts.get(number, 0) + 1
    size = len(counts)
    return np.fromiter(counts, np.intp, size), np.fromiter(counts.values(), np.float64, size)


def _distinct_array(found: Numbers) -> tuple[Numbers, NDArray[np.float64]]:
    ordered = np.sort(found)
    starts = np.concatenate([_FIRST, (ordered[1:] != ordered[:-1]).nonzero()[0] + 1])
    counts = np.empty(len(starts))
    counts[:-1] = starts[1:] - starts[:-1]
    counts[-1] = len(ordered) - starts[-1]
    return ordered.take(starts), counts


_FIRST = np.zeros(1, np.intp)
