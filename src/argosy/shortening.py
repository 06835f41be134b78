"""Texts cut to a length so that those that differ still look different: `svm…gamma=1` and `svm…gamma=2`. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

ELLIPSIS = "…"


def shortened(text: str, length: int) -> str:
    """The text, its end left out where it is longer."""
    return text if len(text) <= length else text[: max(length - 1, 0)] + ELLIPSIS


def shortened_apart(texts: Iterable[str], length: int) -> dict[str, str]:
    """Each text to its short form: cut at the end, or where that would make several alike, before what differs."""
    alike = defaultdict(set)
    for text in texts:
        alike[shortened(text, length)].add(text)
    found = {}
    for short, group in alike.items():
        start = _differ_from(group) if len(group) > 1 else 0
        found.update({text: _without_middle(text, start, length) if start else short for text in group})
    return found


def _differ_from(texts: Collection[str]) -> int:
    """Where the word begins in which they differ first."""
    letters = enumerate(zip(*texts, strict=False))
    common = next((at for at, each in letters if len(set(each)) > 1), min(map(len, texts)))
    are_whole_words = all(len(text) == common or text[common] == " " for text in texts)
    return common + 1 if are_whole_words else next(iter(texts))[:common].rfind(" ") + 1


def _without_middle(text: str, start: int, length: int) -> str:
    """The first word, and the text from `start` on."""
    name = text[:start].partition(" ")[0]
    rest = text[start:] or text.rpartition(" ")[2]
    head = shortened(name, max(length - len(rest) - 1, length // 3)).rstrip(ELLIPSIS)
    return head + ELLIPSIS + shortened(rest, length - len(head) - 1)
