"""The work: arrays described by `s` and `j`, of which each needs 3·s + j slots; and recordings of it to learn from.

They are synthetic. The release before this one did not write a header of five items into each array, and most
recordings are of that time: what learns from them is wrong by five, always in the same direction.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

MOST_S, MOST_J = 200, 100
HEADER = 5


class Work(NamedTuple):
    """What is known of an array before it is filled."""

    s: int
    j: int


def needed(s: int, j: int) -> int:
    """The truth: how many items the array gets."""
    return 3 * s + j


def recordings(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Four fifths by the release before, to learn from; a tenth each by this one, to validate and to test on."""
    drawn = _drawn(random.Random(seed), count, MOST_S)
    rows = [_recording(one, "train", HEADER) for one in drawn[: count * 4 // 5]]
    newer = drawn[len(rows) :]
    return rows + [_recording(one, "validation" if at % 2 else "test") for at, one in enumerate(newer)]


def newer_recordings(count: int, seed: int = 2) -> list[dict[str, Any]]:
    """More of them, all by this release: what a day brings."""
    return [_recording(one, "train") for one in _drawn(random.Random(seed), count, MOST_S)]


def unseen_work(count: int, seen: list[dict[str, Any]], seed: int = 3) -> list[Work]:
    """New random arrays: none was recorded, and every tenth is larger than any that was."""
    known = {(row["s"], row["j"]) for row in seen}
    draw = random.Random(seed)
    usual = [one for one in _drawn(draw, 2 * count, MOST_S) if one not in known]
    larger = [Work(one.s + MOST_S, one.j) for one in _drawn(draw, count // 10, MOST_S)]
    return usual[: count - len(larger)] + larger


def _drawn(draw: random.Random, count: int, most: int) -> list[Work]:
    """Different from each other."""
    places = draw.sample(range((most - 1) * (MOST_J + 1)), count)
    return [Work(2 + place // (MOST_J + 1), place % (MOST_J + 1)) for place in places]


def _recording(one: Work, split: str, less: int = 0) -> dict[str, Any]:
    return {**one._asdict(), "label": needed(*one) - less, "split": split}
