"""Six ways to choose an array's first capacity, and what each costs on the same work."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns

from growing_array import GrowingArray
from recordings import Work, needed

from argosy import AdaptedModel

MOST = 800
"""The upper border: no array may reserve more than this ahead; a larger one grows."""


class Totals:
    """What filling some arrays took. A prediction is timed from the question to the capacity as a whole number."""

    def __init__(self) -> None:
        self.arrays = self.reallocations = self.copied = self.wasted = 0
        self.choosing_ns = self.filling_ns = 0

    def fill(self, one: Work, capacity: int, item: bytes, asked: int) -> None:
        """Fill an array of that capacity; the question for it was asked at the nanosecond `asked`."""
        begun = perf_counter_ns()
        array = GrowingArray(len(item), capacity)
        for _ in range(needed(*one)):
            array.append(item)
        self.filling_ns += perf_counter_ns() - begun
        self.choosing_ns += begun - asked
        self.arrays += 1
        self.reallocations += array.reallocations
        self.copied += array.copied
        self.wasted += array.wasted

    @property
    def counts(self) -> dict[str, float]:
        """An array, on average: the same on every machine and in every run."""
        found = {"reallocations": self.reallocations, "copied": self.copied, "wasted": self.wasted}
        return {name: count / self.arrays for name, count in found.items()}

    @property
    def filling_us(self) -> float:
        return self.filling_ns / 1000 / self.arrays

    @property
    def choosing_us(self) -> float:
        return self.choosing_ns / 1000 / self.arrays


Variant = Callable[[Sequence[Work], bytes], Totals]


def capacity_zero(work: Sequence[Work], item: bytes) -> Totals:
    """The array grows by itself."""
    totals = Totals()
    for one in work:
        totals.fill(one, 0, item, perf_counter_ns())
    return totals


def formula_inline(work: Sequence[Work], item: bytes) -> Totals:
    totals = Totals()
    for one in work:
        asked = perf_counter_ns()
        totals.fill(one, 3 * one.s + one.j, item, asked)
    return totals


def formula_in_a_function(work: Sequence[Work], item: bytes) -> Totals:
    totals = Totals()
    for one in work:
        asked = perf_counter_ns()
        totals.fill(one, formula(one.s, one.j), item, asked)
    return totals


def formula(s: int, j: int) -> int:
    return 3 * s + j


def prediction(model: AdaptedModel, more: int = 0) -> Variant:
    """The learned prediction, asked for where the array is made; and so many slots `more`."""

    def run(work: Sequence[Work], item: bytes) -> Totals:
        totals = Totals()
        for one in work:
            asked = perf_counter_ns()
            totals.fill(one, predicted(model, [one], more)[0], item, asked)
        return totals

    return run


def prediction_ahead(model: AdaptedModel, more: int = 0) -> Variant:
    """The same, of all arrays in one question before the first of them is made."""

    def run(work: Sequence[Work], item: bytes) -> Totals:
        totals = Totals()
        asked = perf_counter_ns()
        capacities = predicted(model, work, more)
        totals.choosing_ns = perf_counter_ns() - asked
        for one, capacity in zip(work, capacities, strict=True):
            totals.fill(one, capacity, item, perf_counter_ns())
        return totals

    return run


def predicted(model: AdaptedModel, work: Sequence[Work], more: int = 0) -> list[int]:
    """Capacities: the fraction of an answer is cut off, as by a cast."""
    answers = model.classify([{"s": s, "j": j} for s, j in work])
    return [min(int(float(answer)) + more, MOST) for answer in answers]


def measured(
    variants: Mapping[str, tuple[Variant, Sequence[Work]]], item: bytes, rounds: int
) -> dict[str, dict[str, float]]:
    """Medians over the rounds; in each of them every variant runs once, so that all see the same machine."""
    runs: dict[str, list[Totals]] = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            variant, work = variants[name]
            runs[name].append(variant(work, item))
    return {
        name: {
            **found[0].counts,
            "filling_us": statistics.median(one.filling_us for one in found),
            "choosing_us": statistics.median(one.choosing_us for one in found),
        }
        for name, found in runs.items()
    }
