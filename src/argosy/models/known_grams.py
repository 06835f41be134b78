"""From one text to the numbers of those of its n-grams that a vocabulary has: the hot path of serving."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from argosy.models.grams import ASCII_WORDS, Analyzer, char_wb_grams, split_others
from argosy.models.vocabulary import Vocabulary

Numbers = NDArray[np.intp]
Finder = Callable[[str], list[int] | Numbers]
"""From a text to one number for each occurrence. Safe to call from several threads."""

_WORDS_KEPT = 1 << 14
_LONGEST_KEPT = 32


def finder(vocabulary: Vocabulary, analyzer: Analyzer) -> Finder:
    """What finds the n-grams of one text in the vocabulary."""
    get = vocabulary.find
    if analyzer.name == "char_wb":
        return InsideWords(get, analyzer)
    if analyzer.name == "word" and analyzer.high == 1:
        return _words(get, analyzer)
    return lambda text: [number for number in map(get, analyzer.grams(text)) if number is not None]


def _words(get: Callable[[str], int | None], analyzer: Analyzer) -> Finder:
    """Single words, without the calls of the analyzer's methods, which would take a tenth of the time."""
    lowercase, edition = analyzer.lowercase, analyzer.edition

    def find(text: str) -> list[int]:
        if lowercase:
            text = text.lower()
        words = text.translate(ASCII_WORDS).split() if text.isascii() else split_others(text, edition)
        return [number for number in map(get, words) if number is not None]

    return find


class InsideWords:
    """N-grams inside words depend on the word alone, and words recur.

    So what was found for each word is remembered; everything is forgotten when there are 16,384 of them, which
    bounds the memory to some megabytes.
    """

    def __init__(self, get: Callable[[str], int | None], analyzer: Analyzer) -> None:
        self._get, self._prepare, self._low, self._high = get, analyzer.prepare, analyzer.low, analyzer.high
        self._words: dict[str, Numbers] = {}

    def __call__(self, text: str) -> Numbers:
        words = self._prepare(text).split()
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


def distinct_all(
    found: Iterable[list[int] | Numbers],
) -> tuple[NDArray[np.int32], NDArray[np.float64] | None, NDArray[np.int32]]:
    """`distinct` of each text, one after the other, and where each begins and ends: the parts of a csr matrix."""
    numbers: list[int] = []
    counts: dict[int, int] = {}
    """By its place, how often a number was found, where more than once."""
    ends = [0]
    for one in found:
        listed = one if isinstance(one, list) else one.tolist()
        if len(set(listed)) == len(listed):
            numbers += listed
        else:
            times: dict[int, int] = {}
            for number in listed:
                times[number] = times.get(number, 0) + 1
            counts |= {place: count for place, count in enumerate(times.values(), len(numbers)) if count > 1}
            numbers += times
        ends.append(len(numbers))
    all_counts = None
    if counts:
        all_counts = np.ones(len(numbers))
        all_counts[list(counts)] = list(counts.values())
    return np.array(numbers, np.int32), all_counts, np.array(ends, np.int32)


def _distinct_array(found: Numbers) -> tuple[Numbers, NDArray[np.float64]]:
    ordered = np.sort(found)
    starts = np.concatenate([_FIRST, (ordered[1:] != ordered[:-1]).nonzero()[0] + 1])
    counts = np.empty(len(starts))
    counts[:-1] = starts[1:] - starts[:-1]
    counts[-1] = len(ordered) - starts[-1]
    return ordered.take(starts), counts


_FIRST = np.zeros(1, np.intp)
