"""Texts cut to a length so that those that differ still look different: `svm…gamma=1` and `svm…gamma=2`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import count

ELLIPSIS = "…"
NUMBERED = "…#"
"""Before the number of a text that there is no room to say more of."""
_WORDS = re.compile(r" (?![^\[]*\])")
"""Between words; the spaces of a list, as in `ngrams=[1, 2]`, are within one."""

_Shorten = Callable[[Sequence[str], int], list[str]]


def shortened(text: str, length: int) -> str:
    """The text, its end left out where it is longer."""
    return text if len(text) <= length else text[: max(length - 1, 0)] + ELLIPSIS


def distinct_short_forms(texts: Iterable[str], length: int) -> dict[str, str]:
    """Each text to a short form that no other has: a lone one cut at the end, others reduced to what differs.

    Texts whose first words are alike are shortened by the first of `_WAYS` that distinguishes them, else they are
    numbered. A length below 5 has no room for that.
    """
    alike: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        alike.setdefault(text.partition(" ")[0][: length // 2], []).append(text)
    found = {text: text for group in alike.values() for text in group if len(text) <= length}
    for group in alike.values():
        taken = set(found.values()) - set(group)
        found.update(zip(group, _distinguished(group, length, taken), strict=True))
    return found


def _distinguished(texts: Sequence[str], length: int, taken: set[str]) -> list[str]:
    for shorten in _WAYS if len(texts) > 1 else (_cut,):
        short = [text if len(text) <= length else cut for text, cut in zip(texts, shorten(texts, length), strict=True)]
        if len(set(short)) == len(texts) and taken.isdisjoint(short):
            return short
    free = (f"{NUMBERED}{number}" for number in count(1))
    return [text if len(text) <= length else _numbered(text, length, free, taken | set(texts)) for text in texts]


def _numbered(text: str, length: int, free: Iterable[str], taken: set[str]) -> str:
    """The first word and the next number that makes a form that nothing else has."""
    name = text.partition(" ")[0]
    return next(form for end in free if (form := name[: max(length - len(end), 0)] + end) not in taken)


def _cut(texts: Sequence[str], length: int) -> list[str]:
    return [shortened(text, length) for text in texts]


def _different_words(texts: Sequence[str], length: int) -> list[str]:
    """The first word, and those that are not in all of the texts."""
    words = [_WORDS.split(text) for text in texts]
    common = set.intersection(*map(set, words))
    return [
        _joined(one[0], " ".join(word for word in one[1:] if word not in common), text, length)
        for one, text in zip(words, texts, strict=True)
    ]


def _different_values(texts: Sequence[str], length: int) -> list[str]:
    """The same without the names of options: `1` of `C=1`."""
    words = [_WORDS.split(text) for text in texts]
    common = set.intersection(*map(set, words))
    return [
        _joined(one[0], " ".join(word.rpartition("=")[2] for word in one[1:] if word not in common), text, length)
        for one, text in zip(words, texts, strict=True)
    ]


def _different_letters(texts: Sequence[str], length: int) -> list[str]:
    """The first word, and the texts from the letter on in which they differ first."""
    letters = enumerate(zip(*texts, strict=False))
    start = next((at for at, each in letters if len(set(each)) > 1), min(map(len, texts)))
    start -= texts[0][start - 1 : start] in ("@", "=")
    return [_joined(text.partition(" ")[0], text[start:], text, length) for text in texts]


_WAYS: Sequence[_Shorten] = (_different_words, _different_values, _different_letters, _cut)


def _joined(name: str, rest: str, text: str, length: int) -> str:
    """A third of the room is the name's, or more where the rest leaves it; with no rest, the text's beginning."""
    if not rest:
        return shortened(text, length)
    head = name[: max(length - len(rest) - 1, length // 3)]
    return head + ELLIPSIS + shortened(rest, length - len(head) - 1)
