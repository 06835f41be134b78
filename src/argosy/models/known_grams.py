"""From one text to the numbers of those of its n-grams that a vocabulary has: the hot path of serving."""

from __future__ import annotations

from argosy.models.grams import GRAMS, AnalyzerName, char_wb_grams
from argosy.models.vocabulary import Vocabulary

_WORDS_KEPT = 1 << 14
_LONGEST_KEPT = 32


class KnownGrams:
    """Call it with a text. Safe to call from several threads.

    N-grams inside words depend on the word alone and words recur, so what was found for each of the last
    thousands of words is remembered; everything is forgotten when there are 16,384 of them, which bounds it.
    """

    def __init__(self, vocabulary: Vocabulary, analyzer: AnalyzerName, low: int, high: int) -> None:
        self._get, self._low, self._high = vocabulary.index.get, low, high
        self._grams = GRAMS[analyzer]
        self._is_inside_words = analyzer == "char_wb"
        self._words: dict[str, list[int]] = {}

    def __call__(self, text: str) -> list[int]:
        """One number for each occurrence, in the text's order."""
        if self._is_inside_words:
            return self._inside_words(text)
        return [number for number in map(self._get, self._grams(text, self._low, self._high)) if number is not None]

    def _inside_words(self, text: str) -> list[int]:
        found: list[int] = []
        words = self._words
        for word in text.split():
            known = words.get(word)
            found += self._learn(word) if known is None else known
        return found

    def _learn(self, word: str) -> list[int]:
        grams = char_wb_grams(word, self._low, self._high)
        known = [number for number in map(self._get, grams) if number is not None]
        if len(word) <= _LONGEST_KEPT:
            if len(self._words) >= _WORDS_KEPT:
                self._words.clear()
            self._words[word] = known
        return known
